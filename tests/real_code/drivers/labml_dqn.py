"""Drives labml_nn's deep Q network: frames into the replay buffer, then two steps of double Q-learning."""

import numpy as np
import torch
from labml import tracker
from labml_nn.rl.dqn import QFuncLoss
from labml_nn.rl.dqn.model import Model
from labml_nn.rl.dqn.replay_buffer import ReplayBuffer
from support import settings

setting = settings()
tracker.add = lambda name, value: None  # it would print
torch.manual_seed(0)
np.random.seed(0)
model, target = Model(), Model()
target.load_state_dict(model.state_dict())
replay = ReplayBuffer(16, 0.6)
loss_of, optimizer = QFuncLoss(0.99), torch.optim.Adam(model.parameters())
frames = np.zeros((4, 84, 84), dtype=np.uint8)
for step in range(12):
    with torch.no_grad():
        action = model(torch.tensor(frames[None], dtype=torch.float32)).argmax(dim=-1).item()
    replay.add(frames, action, 1.0, frames + 1, step % 3 == 0)
for _ in range(2):
    samples = replay.sample(setting["N"], 0.4)
    values = model(torch.tensor(samples["obs"], dtype=torch.float32) / 255.0)
    with torch.no_grad():
        double = model(torch.tensor(samples["next_obs"], dtype=torch.float32) / 255.0)
        later = target(torch.tensor(samples["next_obs"], dtype=torch.float32) / 255.0)
    errors, loss = loss_of(
        values,
        torch.tensor(samples["action"]),
        double,
        later,
        torch.tensor(samples["done"], dtype=torch.float32),
        torch.tensor(samples["reward"]),
        torch.tensor(samples["weights"], dtype=torch.float32),
    )
    replay.update_priorities(samples["indexes"], np.abs(errors.detach().cpu().numpy()) + 1e-6)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
