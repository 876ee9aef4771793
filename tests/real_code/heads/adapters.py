"""Heads and adapters over several models of transformers: T5 encoder, Llama, BART, LoRA by hand."""

import math

import torch
from torch import nn
from transformers import AutoModel, BartConfig, LlamaModel, T5Config, T5EncoderModel


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, rank: int = 4, alpha: float = 8.0):
        super().__init__()
        self.base = base
        for parameter in self.base.parameters():
            parameter.requires_grad_(False)
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + (x @ self.down.T @ self.up.T) * self.scale


def add_lora(model, names=("q_proj", "v_proj")):
    for layer in model.layers:
        for name in names:
            setattr(layer.self_attn, name, LoRALinear(getattr(layer.self_attn, name)))
    return model


class LlamaTagger(nn.Module):
    def __init__(self, config, num_tags):
        super().__init__()
        self.backbone = add_lora(LlamaModel(config))
        self.rnn = nn.GRU(config.hidden_size, 12, bidirectional=True, batch_first=True)
        self.tagger = nn.Linear(24, num_tags)

    def forward(self, ids):
        hidden = self.backbone(input_ids=ids).last_hidden_state
        features, _ = self.rnn(hidden)
        return self.tagger(features)


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.config = T5Config(vocab_size=99, d_model=32, d_kv=8, d_ff=48, num_layers=1, num_heads=4)
        self.t5 = T5EncoderModel(self.config)
        self.head = nn.Linear(self.config.d_model, 2)

    def forward(self, ids, mask):
        states = self.t5(input_ids=ids, attention_mask=mask)[0]
        pooled, _ = states.max(dim=1)
        return self.head(pooled)


class Summariser(nn.Module):
    def __init__(self):
        super().__init__()
        config = BartConfig(
            vocab_size=99,
            d_model=32,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=48,
            decoder_ffn_dim=48,
            max_position_embeddings=64,
        )
        self.model = AutoModel.from_config(config)
        self.copy_gate = nn.Linear(config.d_model * 2, 1)
        self.lm_head = nn.Linear(config.d_model, config.vocab_size, bias=False)

    def forward(self, ids, decoder_ids):
        out = self.model(input_ids=ids, decoder_input_ids=decoder_ids)
        decoded, encoded = out.last_hidden_state, out.encoder_last_hidden_state
        scores = torch.bmm(decoded, encoded.transpose(1, 2))
        context = torch.bmm(scores.softmax(-1), encoded)
        gate = torch.sigmoid(self.copy_gate(torch.cat((decoded, context), dim=-1)))
        logits = self.lm_head(decoded)
        copied = torch.zeros_like(logits).scatter_add(2, ids.unsqueeze(1).expand(-1, decoded.size(1), -1), scores)
        return gate * logits + (1 - gate) * copied
