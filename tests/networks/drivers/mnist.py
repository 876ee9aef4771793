"""Runs the MNIST example from its own main(), on noise."""

import sys

from support import define_operators, sizes, write_mnist

define_operators()
import main

setting = sizes()
# The test batches are as large as the training batches: one size of batch a run.
write_mnist("../data", 2 * setting["N"])
batch = str(setting["N"])
sys.argv = ["main.py", "--batch-size", batch, "--test-batch-size", batch, "--epochs", "1", "--log-interval", "1"]
main.main()
