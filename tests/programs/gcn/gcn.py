"""Graph convolutions and graph attention in plain torch."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def normalized_adjacency(edges, nodes):
    adjacency = torch.zeros(nodes, nodes)
    adjacency[edges[0], edges[1]] = 1.0
    adjacency = torch.maximum(adjacency, adjacency.t()) + torch.eye(nodes)
    degree = adjacency.sum(dim=1)
    scale = degree.pow(-0.5)
    return scale[:, None] * adjacency * scale[None, :]


class GraphConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x, adjacency):
        return adjacency @ (x @ self.weight) + self.bias


class GraphAttention(nn.Module):
    def __init__(self, inputs, outputs, heads):
        super().__init__()
        self.heads, self.outputs = heads, outputs
        self.project = nn.Linear(inputs, heads * outputs, bias=False)
        self.source = nn.Parameter(torch.randn(heads, outputs))
        self.target = nn.Parameter(torch.randn(heads, outputs))

    def forward(self, x, adjacency):
        nodes = x.shape[0]
        h = self.project(x).view(nodes, self.heads, self.outputs)
        left = torch.einsum("nho,ho->nh", h, self.source)
        right = torch.einsum("nho,ho->nh", h, self.target)
        scores = F.leaky_relu(left.unsqueeze(1) + right.unsqueeze(0), 0.2)
        scores = torch.where(adjacency.unsqueeze(-1) > 0, scores, torch.full_like(scores, -1e9))
        weights = scores.softmax(dim=1)
        return torch.einsum("ijh,jho->iho", weights, h).reshape(nodes, -1)


class GCN(nn.Module):
    def __init__(self, features, hidden=16, classes=3, heads=2):
        super().__init__()
        self.first = GraphConv(features, hidden)
        self.attend = GraphAttention(hidden, hidden // heads, heads)
        self.last = GraphConv(hidden, classes)

    def forward(self, x, adjacency):
        x = F.dropout(F.relu(self.first(x, adjacency)), 0.5, self.training)
        x = x + F.elu(self.attend(x, adjacency))
        return F.log_softmax(self.last(x, adjacency), dim=1)


def accuracy(output, labels, mask):
    predicted = output[mask].argmax(dim=1)
    return (predicted == labels[mask]).float().mean()
