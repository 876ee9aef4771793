"""LSTM encoder and decoder with additive attention."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self, vocab, embed, hidden):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed, padding_idx=0)
        self.rnn = nn.LSTM(embed, hidden, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden, hidden)

    def forward(self, source):
        outputs, (h, c) = self.rnn(self.embed(source))
        h = torch.tanh(self.bridge(torch.cat((h[0], h[1]), dim=1)))
        c = torch.tanh(self.bridge(torch.cat((c[0], c[1]), dim=1)))
        return outputs, (h, c)


class Attention(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.keys = nn.Linear(2 * hidden, hidden, bias=False)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)

    def forward(self, query, memory, mask):
        energy = torch.tanh(self.keys(memory) + self.query(query).unsqueeze(1))
        scores = self.score(energy).squeeze(-1)
        scores = scores.masked_fill(~mask, -1e9)
        weights = F.softmax(scores, dim=-1)
        context = torch.bmm(weights.unsqueeze(1), memory).squeeze(1)
        return context, weights


class Decoder(nn.Module):
    def __init__(self, vocab, embed, hidden):
        super().__init__()
        self.embed = nn.Embedding(vocab, embed)
        self.attention = Attention(hidden)
        self.cell = nn.LSTMCell(embed + 2 * hidden, hidden)
        self.out = nn.Linear(3 * hidden, vocab)

    def step(self, token, state, memory, mask):
        context, weights = self.attention(state[0], memory, mask)
        h, c = self.cell(torch.cat([self.embed(token), context], dim=-1), state)
        logits = self.out(torch.cat([h, context], dim=-1))
        return logits, (h, c), weights

    def forward(self, target, state, memory, mask):
        steps = []
        for t in range(target.size(1)):
            logits, state, _ = self.step(target[:, t], state, memory, mask)
            steps.append(logits)
        return torch.stack(steps, dim=1)


class Seq2Seq(nn.Module):
    def __init__(self, source_vocab=40, target_vocab=50, embed=12, hidden=16):
        super().__init__()
        self.encoder = Encoder(source_vocab, embed, hidden)
        self.decoder = Decoder(target_vocab, embed, hidden)

    def forward(self, source, target):
        mask = source != 0
        memory, state = self.encoder(source)
        return self.decoder(target[:, :-1], state, memory, mask)

    def loss(self, source, target):
        logits = self(source, target)
        return F.cross_entropy(logits.reshape(-1, logits.size(-1)), target[:, 1:].reshape(-1), ignore_index=0)

    @torch.no_grad()
    def translate(self, source, steps):
        mask = source.ne(0)
        memory, state = self.encoder(source)
        token = torch.ones(source.size(0), dtype=torch.long)
        words = [token]
        for _ in range(steps):
            logits, state, _ = self.decoder.step(token, state, memory, mask)
            token = logits.argmax(-1)
            words.append(token)
        return torch.stack(words, dim=1)
