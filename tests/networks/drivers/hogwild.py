"""Drives mnist_hogwild's net through its train and test functions, in this one process, on noise."""

from support import define_operators, sizes, write_mnist

define_operators()
import main
import torch
import train
from torchvision import datasets, transforms

setting = sizes()
write_mnist("../data", 2 * setting["N"])
dataset = datasets.MNIST("../data", train=True, transform=transforms.ToTensor())
options = main.parser.parse_args(["--batch-size", str(setting["N"]), "--epochs", "1", "--log-interval", "1"])
model, device = main.Net(), torch.device("cpu")
loading = {"batch_size": setting["N"], "shuffle": True}
train.train(0, options, model, device, dataset, loading)
train.test(options, model, device, dataset, loading)
