"""torch.distributions: batch and event shapes and dtypes, held against torch's own objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributions as D

from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.rules.distributions import PARAMETERS
from mypy_torch_shapes.seeds.model import Profile
from mypy_torch_shapes.shapes.unknown import Unknown

from .support import evaluated

HEAD = "import torch\nimport torch.distributions as D\nfrom torch.distributions import *\n"
ONE, TWO, ROW = "torch.full((4, 1), 0.3)", "torch.full((4, 3), 0.6)", "torch.full((3,), 0.7)"
BY_KIND = {"e": (ONE, TWO, ROW), "c": (TWO,), "v": (TWO,), "m": ("torch.eye(3).expand(4, 3, 3)",), "-": ("2",)}
OWN = {
    "Uniform": "Uniform(torch.zeros(4, 1), torch.ones(3))",
    "Multinomial": "Multinomial(5, torch.full((4, 3), 0.3))",
    "RelaxedBernoulli": f"RelaxedBernoulli(torch.tensor(0.5), {ONE})",
    "RelaxedOneHotCategorical": f"RelaxedOneHotCategorical(torch.tensor(0.5), {TWO})",
    "Binomial": f"Binomial(5, {TWO})",
}
MORE = (
    f"Categorical(logits={TWO})",
    f"Bernoulli(logits={TWO})",
    f"MultivariateNormal({ROW}, scale_tril=torch.eye(3))",
    "Normal(0.0, 1.0)",
    "Normal(torch.zeros(4, dtype=torch.float64), 1.0)",
    "Categorical(torch.ones(5))",
)


def constructions() -> list[str]:
    """A call of every class, with the first of the parameters that stand for each other."""
    made = list(MORE)
    for name, parameters in PARAMETERS.items():
        given, seen = [], set()
        for number, parameter in enumerate(parameters):
            group = "either" if parameter.name in ("probs", "logits") or parameter.kind == "m" else parameter.name
            if group not in seen:
                choices = BY_KIND[parameter.kind]
                given.append(f"{parameter.name}={choices[number % len(choices)]}")
            seen.add(group)
        made.append(OWN.get(name) or f"{name}({', '.join(given)})")
    return made


def contradictions(program: str, directory: Path) -> list[str]:
    ours, run = evaluated(directory, HEAD + program)
    assert not run.faults
    real: dict[str, Any] = {}
    exec(HEAD + program, real)
    wrong = []
    for name, value in ours.items():
        if isinstance(real.get(name), torch.Tensor):
            if isinstance(value, Unknown):
                wrong.append(f"{name}: {value.reason}")
            else:
                dtype = str(real[name].dtype).removeprefix("torch.")
                found = value.type
                if found.dims != tuple(real[name].shape) or (found.dtype is not None and found.dtype.name != dtype):
                    wrong.append(f"{name}: {found}, torch gives {dtype} {tuple(real[name].shape)}")
    return wrong


@pytest.mark.parametrize("made", constructions())
def test_samples_and_densities(made: str, tmp_path: Path) -> None:
    distribution = eval(made, {"torch": torch, **vars(D)})
    program = f"d = {made}\ns = d.sample()\ns5 = d.sample((5,))\nlp = d.log_prob(s5)\n"
    if distribution.has_rsample:
        program += "r = d.rsample(torch.Size([2]))\n"
    for name in ("entropy()", "mean", "variance"):
        try:
            eval(f"d.{name}", {"d": distribution})
        except NotImplementedError:
            continue
        program += f"q_{name.rstrip('()')} = d.{name}\n"
    assert contradictions(program, tmp_path) == []


def test_what_is_made_of_others(tmp_path: Path) -> None:
    program = """
base = Normal(torch.zeros(4, 3), torch.ones(3))
one = Independent(base, 1)
x = one.rsample((2,))
a = one.log_prob(x)
mix = MixtureSameFamily(Categorical(torch.ones(4, 3)), base)
b = mix.sample()
c = mix.log_prob(b)
k = kl_divergence(base, Normal(0.0, 1.0))
p = torch.distributions.normal.Normal(torch.zeros(2), 1.0).cdf(torch.zeros(5, 1))
n = Normal(0.0, 1.0).sample((6,))
"""
    assert contradictions(program, tmp_path) == []


@pytest.mark.parametrize(
    "program",
    [
        "Normal(torch.zeros(4, 3), torch.ones(2))",
        "Normal(torch.zeros(4, 3), torch.ones(3)).log_prob(torch.zeros(4, 2))",
        "MultivariateNormal(torch.zeros(3), torch.eye(3)).log_prob(torch.zeros(5, 2))",
        "OneHotCategorical(logits=torch.zeros(4, 3)).log_prob(torch.eye(2))",
        "Independent(Normal(torch.zeros(3), 1.0), 2)",
    ],
)
def test_what_torch_refuses(program: str, tmp_path: Path) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        eval(program, {"torch": torch, **vars(D)})
    path = tmp_path / "program.py"
    path.write_text(f"{HEAD}d = {program}\n")
    report = Session(tmp_path, Profile(), Options()).report(path)
    assert not report.faults
    assert [each.code for each in report.findings] == ["tensor-shape"]


def test_a_distribution_of_the_programs_own(tmp_path: Path) -> None:
    program = """
from torch.distributions.utils import _standard_normal
class Truncated(torch.distributions.Normal):
    def __init__(self, loc, scale, low=-1.0):
        super().__init__(loc, scale, validate_args=False)
        self.low = low
    def sample(self, clip=None, sample_shape=torch.Size()):
        eps = _standard_normal(self._extended_shape(sample_shape), dtype=self.loc.dtype, device=self.loc.device)
        return torch.clamp(self.loc + eps * self.scale, self.low)
d = Truncated(torch.zeros(4, 3), 0.5)
a = d.sample(clip=0.3)
b = d.sample(sample_shape=(2,))
c = d.log_prob(a)
"""
    assert contradictions(program, tmp_path) == []
