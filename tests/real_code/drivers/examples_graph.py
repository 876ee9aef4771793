"""Drives the graph networks of pytorch/examples on a random graph: its own training step and its own test."""

import torch
from support import settings
from model import test, train_iter

import model

setting = settings()
nodes = 10 * setting["N"]
torch.manual_seed(0)
features, labels = torch.rand(nodes, 11), torch.randint(0, 3, (nodes,))
adjacency = (torch.rand(nodes, nodes) < 0.3).float() + torch.eye(nodes)
if setting["MODEL"] == "gat":
    network = model.GAT(11, 16, 4, 3, concat=False, dropout=0.4, leaky_relu_slope=0.2)
else:
    network = model.GCN(11, 16, 3, True, 0.1)
optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
chosen = torch.randperm(nodes)
given, criterion = (features, adjacency), torch.nn.NLLLoss()
for epoch in range(2):
    train_iter(epoch + 1, network, optimizer, criterion, given, labels, chosen[: nodes // 2], chosen[nodes // 2 :], 1)
test(network, criterion, given, labels, chosen[nodes // 2 :])
