import sys
import warnings

import torch
from mixed import Model, Scorer, step

warnings.simplefilter("ignore")
sizes = dict(word.split("=") for word in sys.argv[1:])
n, side = int(sizes["N"]), int(sizes["H"])
torch.manual_seed(0)
model, scorer = Model(), Scorer()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
images, labels = torch.randn(n, 3, side, side), torch.randint(0, 5, (n,))
step(model, scorer, optimizer, images, labels)
model.blocks[0](torch.randn(n, 8, side, side))  # outside of any region: in one layer the dtype is now either
