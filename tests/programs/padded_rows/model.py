"""Rows of different lengths: packed for an LSTM, masked for an attention that the decoder keeps in a plain list."""

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def padding_mask(lengths):
    if not isinstance(lengths, list):
        lengths = lengths.tolist()
    rows = int(len(lengths))
    steps = torch.arange(0, int(max(lengths)))
    return steps.unsqueeze(0).expand(rows, max(lengths)) >= steps.new(lengths).unsqueeze(-1)


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
