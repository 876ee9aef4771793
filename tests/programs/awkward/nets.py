"""What calls hand over in awkward ways: sound with its spectrum, lengths in a list, weights in a list, one image."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Vocoder(nn.Module):
    """A waveform, and a spectrum of so many times fewer frames."""

    def __init__(self, channels=8, mels=5, hop=4):
        super().__init__()
        self.hop = hop
        self.first = nn.Conv1d(1, channels, 1)
        self.condition = nn.Conv1d(mels, channels, 1)
        self.last = nn.Conv1d(channels, 2, 1)

    def forward(self, wave, mel):
        above = F.interpolate(self.condition(mel), scale_factor=float(self.hop), mode="nearest")
        assert above.size(-1) == wave.size(-1)
        return self.last(torch.tanh(self.first(wave)) * torch.sigmoid(above))


class Captioner(nn.Module):
    """As many lengths, in a list, as there are rows in the batch."""

    def __init__(self, words=20, width=6):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.rnn = nn.GRU(width, 7, batch_first=True)
        self.out = nn.Linear(7, words)

    def forward(self, features, captions, lengths):
        rows = torch.cat((features.unsqueeze(1), self.embed(captions)), 1)
        packed = nn.utils.rnn.pack_padded_sequence(rows, lengths, batch_first=True)
        states, _ = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        return self.out(states), rows


class Learner(nn.Module):
    """Weights that stand in a list, of which a copy is trained."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers
        self.vars = nn.ParameterList()
        for kind, (inputs, outputs) in layers:
            if kind == "linear":
                self.vars.append(nn.Parameter(torch.randn(outputs, inputs)))
                self.vars.append(nn.Parameter(torch.zeros(outputs)))

    def forward(self, x, vars=None):
        vars = self.vars if vars is None else vars
        index = 0
        for kind, _ in self.layers:
            if kind == "linear":
                w, b = vars[index], vars[index + 1]
                x = F.linear(x, w, b)
                index += 2
            else:
                x = F.relu(x)
        assert index == len(vars)
        return x


class Stage(torch.jit.ScriptModule):
    """A module that would rather be a script."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)

    @torch.jit.script_method
    def forward(self, x):
        return torch.relu(self.conv(x))


class Classifier(nn.Module):
    """Seen with a single image."""

    def __init__(self, classes=5):
        super().__init__()
        self.stages = nn.Sequential(*[Stage(inputs, outputs) for inputs, outputs in ((3, 4), (4, 6))])
        self.head = nn.Linear(6, classes)

    def forward(self, image, weight):
        x = self.stages(image).mean((2, 3))
        return self.head(x) * weight.unsqueeze(-1)


class Storage:
    """How much it keeps is what its first arguments say; the last is configuration."""

    def __init__(self, steps, processes, shape, parts):
        self.observed = torch.zeros(steps + 1, processes, *shape)
        self.rewards = torch.zeros(steps, processes, 1)
        self.parts = parts

    def batches(self):
        flat = self.observed[:-1].flatten(0, 1)
        return [flat[part :: self.parts] for part in range(self.parts)]


def start(rows, width):
    """The state before the first step: one image has one row."""
    return torch.zeros(2, rows, width)


class Criterion(nn.Module):
    """Predictions in a dict, and as many objects in each image as there are: a list of dicts."""

    def forward(self, outputs, targets):
        count = float(sum(len(target["labels"]) for target in targets))
        order = [np.random.permutation(len(target["labels"])) for target in targets]
        chosen = [(torch.as_tensor(rows), torch.as_tensor(rows)) for rows in order]
        return self.labels(outputs, targets, chosen, count) + self.boxes(outputs, targets, chosen, count)

    def labels(self, outputs, targets, chosen, count):
        logits = outputs["logits"]
        wanted = torch.cat([target["labels"][j] for target, (_, j) in zip(targets, chosen)])
        said = torch.cat([row[i] for row, (i, _) in zip(logits, chosen)])
        return F.cross_entropy(said, wanted, reduction="sum") / count

    def boxes(self, outputs, targets, chosen, count):
        wanted = torch.cat([target["boxes"][j] for target, (_, j) in zip(targets, chosen)])
        said = torch.cat([row[i] for row, (i, _) in zip(outputs["boxes"], chosen)])
        return F.l1_loss(said, wanted, reduction="sum") / count


def overlap(said, wanted):
    """How much two pictures share, for each of a batch."""
    both = (said * wanted).flatten(1).sum(1)
    return both / (said + wanted).flatten(1).sum(1)
