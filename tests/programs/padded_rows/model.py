"""Rows of different lengths: packed for an LSTM, masked for an attention that the decoder keeps in a plain list."""

import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def padding_mask(lengths):
    if not isinstance(lengths, list):
        lengths = lengths.tolist()
    rows = int(len(lengths))
    steps = torch.arange(0, int(max(lengths)))
    return steps.unsqueeze(0).expand(rows, max(lengths)) >= steps.new(lengths).unsqueeze(-1)


def halved(lengths):
    """As many steps as a convolution of stride 2 leaves, said in the ways that people say it."""
    divided = torch.div(lengths - 1, 2, rounding_mode="floor") + 1
    floating = torch.floor((lengths.float() + 2 * 1 - 3) / 2 + 1).long()
    of_numpy = np.array(np.ceil(lengths.cpu().numpy() / 2), dtype=np.int64).tolist()
    listed = torch.tensor([(int(each) - 1) // 2 + 1 for each in lengths])
    masks = [torch.arange(int(each.max()))[None, :] < each[:, None] for each in (divided, floating, listed)]
    return masks, padding_mask(of_numpy)


class Frontend(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.conv = nn.Conv1d(features, features, 3, stride=2, padding=1)

    def forward(self, x, lengths):
        states = self.conv(x.transpose(1, 2)).transpose(1, 2)
        masks, padding = halved(lengths)
        for mask in masks:
            states = states * mask.unsqueeze(-1)
        return states.masked_fill(padding.unsqueeze(-1), 0.0), masks[0].sum(1)


class Encoder(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.rnn = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
        self.narrow = nn.Linear(2 * hidden, hidden)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True)
        states, _ = self.rnn(packed)
        states, lengths = pad_packed_sequence(states, batch_first=True)
        narrow = torch.tanh(self.narrow(states.contiguous().view(-1, states.size(2))))
        states = narrow.view(states.size(0), states.size(1), -1)
        mask = torch.arange(int(lengths.max()))[None, :] < lengths[:, None]
        return states * mask.unsqueeze(-1), lengths


class Attention(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.keys = nn.Linear(hidden, hidden)
        self.mask = None

    def reset(self):
        self.mask = None

    def forward(self, states, lengths, query, before):
        if before is None:
            before = states.new_ones(states.size(0), states.size(1))
            before = before / before.new(lengths).unsqueeze(-1)
        energy = (torch.tanh(self.keys(states)) * query.unsqueeze(1)).sum(dim=2) + before
        if self.mask is None:
            self.mask = padding_mask(lengths)
        weights = torch.softmax(energy.masked_fill(self.mask, -1e9), dim=1)
        return (states * weights.unsqueeze(-1)).sum(dim=1), weights


class Decoder(nn.Module):
    def __init__(self, hidden, vocabulary, attention):
        super().__init__()
        self.cell = nn.GRUCell(hidden, hidden)
        self.out = nn.Linear(hidden, vocabulary)
        self.attention = attention

    def forward(self, states, lengths, steps):
        lengths = list(map(int, lengths))
        state, weights, said = states.new_zeros(states.size(0), states.size(2)), None, []
        self.attention[0].reset()
        for _ in range(steps):
            context, weights = self.attention[0](states, lengths, state, weights)
            state = self.cell(context, state)
            said.append(self.out(state))
        return torch.stack(said, dim=1), weights
