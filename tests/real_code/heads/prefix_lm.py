"""Training of a small GPT-2 with an extra value head, and a prefix that is learned."""

import torch
import torch.nn.functional as F
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel


class ValueHead(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.dense = nn.Linear(hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size, 1)

    def forward(self, hidden):
        return self.out(torch.relu(self.dense(hidden))).squeeze(-1)


class PrefixLM(nn.Module):
    def __init__(self, config, prefix_length=4):
        super().__init__()
        self.lm = GPT2LMHeadModel(config)
        self.prefix = nn.Parameter(torch.randn(prefix_length, config.n_embd) * 0.02)
        self.value = ValueHead(config.n_embd)

    def forward(self, ids):
        batch = ids.shape[0]
        tokens = self.lm.transformer.wte(ids)
        prefix = self.prefix.unsqueeze(0).expand(batch, -1, -1)
        embeds = torch.cat([prefix, tokens], dim=1)
        out = self.lm(inputs_embeds=embeds, output_hidden_states=True)
        hidden = out.hidden_states[-1]
        logits = out.logits[:, self.prefix.size(0) :]
        values = self.value(hidden)[:, self.prefix.size(0) :]
        return logits, values


def lm_loss(logits, ids):
    shifted = logits[:, :-1].contiguous()
    targets = ids[:, 1:].contiguous()
    return F.cross_entropy(shifted.view(-1, shifted.size(-1)), targets.view(-1))


def main(n, t):
    config = GPT2Config(vocab_size=99, n_positions=64, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0)
    model = PrefixLM(config)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    ids = torch.randint(0, 99, (n, t))
    for _ in range(2):
        logits, values = model(ids)
        returns = torch.randn(n, t)
        loss = lm_loss(logits, ids) + 0.5 * F.mse_loss(values, returns)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    plain = GPT2LMHeadModel(config)
    result = plain(input_ids=ids, labels=ids)
    result.loss.backward()
    logprobs = result.logits.log_softmax(-1)
    picked = logprobs[:, :-1].gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return picked.mean()
