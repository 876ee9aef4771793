"""Drives the actor-critic of pytorch/examples in an environment of ours: a few episodes, as its main() runs them."""

import sys
import types

import numpy as np
from support import settings

setting = settings()


class Environment:
    """States of four numbers, and an end after some steps."""

    def reset(self, seed=None):
        self.left = setting["T"]
        return np.zeros(4, dtype=np.float32), {}

    def step(self, action):
        self.left -= 1
        return np.full(4, 0.1 * self.left, dtype=np.float32), 1.0, self.left == 0, False, {}


gymnasium = types.ModuleType("gymnasium")
gymnasium.make = lambda name, render_mode=None: Environment()
sys.modules["gymnasium"] = gymnasium
sys.argv = sys.argv[:1]  # the example reads its own options when it is imported

import actor_critic  # noqa: E402

for _ in range(2):
    state, _ = actor_critic.env.reset()
    done = False
    while not done:
        state, reward, done, _, _ = actor_critic.env.step(actor_critic.select_action(state))
        actor_critic.model.rewards.append(reward)
    actor_critic.finish_episode()
