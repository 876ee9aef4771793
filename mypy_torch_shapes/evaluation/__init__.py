"""The program again: a semi-static evaluator of Python source, seeded with what a run has shown."""
