"""A convolutional variational autoencoder."""

import torch
from torch import nn
from torch.nn import functional as F


class Encoder(nn.Module):
    def __init__(self, latent, hidden=(8, 16)):
        super().__init__()
        layers, channels = [], 1
        for width in hidden:
            layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.LeakyReLU()]
            channels = width
        self.body = nn.Sequential(*layers)
        self.mu = nn.Linear(channels * 7 * 7, latent)
        self.log_var = nn.Linear(channels * 7 * 7, latent)

    def forward(self, x):
        features = self.body(x).flatten(start_dim=1)
        return self.mu(features), self.log_var(features)


class Decoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.expand = nn.Linear(latent, 16 * 7 * 7)
        self.up1 = nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1)
        self.up2 = nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1)

    def forward(self, z):
        h = self.expand(z).view(-1, 16, 7, 7)
        h = F.relu(self.up1(h))
        return torch.sigmoid(self.up2(h))


class VAE(nn.Module):
    def __init__(self, latent=6):
        super().__init__()
        self.latent = latent
        self.encoder = Encoder(latent)
        self.decoder = Decoder(latent)

    def reparameterize(self, mu, log_var):
        std = torch.exp(0.5 * log_var)
        return mu + torch.randn_like(std) * std

    def forward(self, x):
        mu, log_var = self.encoder(x)
        z = self.reparameterize(mu, log_var)
        return {"reconstruction": self.decoder(z), "mu": mu, "log_var": log_var}

    def loss(self, x, beta=1.0):
        out = self(x)
        recon = F.binary_cross_entropy(out["reconstruction"], x, reduction="none").sum(dim=(1, 2, 3))
        kl = -0.5 * torch.sum(1 + out["log_var"] - out["mu"] ** 2 - out["log_var"].exp(), dim=1)
        return {"loss": (recon + beta * kl).mean(), "recon": recon.detach().mean(), "kl": kl.detach().mean()}

    @torch.no_grad()
    def sample(self, count):
        return self.decoder(torch.randn(count, self.latent))
