"""Semi-supervised classification of the nodes of a random graph."""

import sys

import torch
import torch.nn.functional as F
from gcn import GCN, accuracy, normalized_adjacency

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
nodes = size["V"]
adjacency = normalized_adjacency(torch.randint(0, nodes, (2, size["E"])), nodes)
features, labels = torch.randn(nodes, 7), torch.randint(0, 3, (nodes,))
mask = torch.arange(nodes) < nodes // 2
model = GCN(7)
F.nll_loss(model(features, adjacency)[mask], labels[mask]).backward()
accuracy(model.eval()(features, adjacency), labels, ~mask)
