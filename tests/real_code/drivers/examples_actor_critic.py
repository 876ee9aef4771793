"""Drives the actor-critic of pytorch/examples in an environment of ours: a few episodes, as its main() runs them."""

import sys
import types

from support import Environment, settings

setting = settings()

gymnasium = types.ModuleType("gymnasium")
gymnasium.make = lambda name, render_mode=None: Environment(setting["T"])
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
