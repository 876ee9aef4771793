"""Drives labml_nn's transformer of 2017: encoder, decoder, masks, a training step and an evaluation."""

import torch
from labml import tracker
from labml_nn.transformers.feed_forward import FeedForward
from labml_nn.transformers.mha import MultiHeadAttention
from labml_nn.transformers.models import (
    Decoder,
    EmbeddingsWithLearnedPositionalEncoding,
    EmbeddingsWithPositionalEncoding,
    Encoder,
    EncoderDecoder,
    Generator,
    TransformerLayer,
)
from support import settings

setting = settings()
tracker.debug = lambda name, value: None  # this labml no longer has it
torch.manual_seed(0)
WIDTH, HEADS, WORDS = 32, 4, 50


def layer(memory):
    return TransformerLayer(
        d_model=WIDTH,
        self_attn=MultiHeadAttention(HEADS, WIDTH),
        src_attn=MultiHeadAttention(HEADS, WIDTH) if memory else None,
        feed_forward=FeedForward(WIDTH, 64),
        dropout_prob=0.1,
    )


model = EncoderDecoder(
    Encoder(layer(memory=False), 2),
    Decoder(layer(memory=True), 2),
    EmbeddingsWithPositionalEncoding(WIDTH, WORDS),
    EmbeddingsWithLearnedPositionalEncoding(WIDTH, WORDS),
    Generator(WORDS, WIDTH),
)
rows, steps = setting["N"], setting["T"]
source, target = torch.randint(0, WORDS, (steps, rows)), torch.randint(0, WORDS, (steps - 2, rows))
source_mask = torch.ones(steps, steps, 1, dtype=torch.bool)
cross_mask = torch.ones(steps - 2, steps, 1, dtype=torch.bool)
target_mask = torch.tril(torch.ones(steps - 2, steps - 2, dtype=torch.bool)).unsqueeze(-1)
states = model.decode(model.encode(source, source_mask), cross_mask, target, target_mask)
words = model.generator(states)
torch.nn.functional.nll_loss(words.flatten(0, 1), target.flatten()).backward()
model.eval()
with torch.no_grad():
    model(source, source, source_mask, source_mask)
