"""A generator and a discriminator of images, and their training step."""

import torch
import torch.nn as nn


class Generator(nn.Module):
    def __init__(self, noise=10, width=8, channels=3):
        super().__init__()
        self.main = nn.Sequential(
            self.block(noise, width * 4, 4, 1, 0),
            self.block(width * 4, width * 2, 4, 2, 1),
            self.block(width * 2, width, 4, 2, 1),
            nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    @staticmethod
    def block(inputs, outputs, kernel, stride, padding):
        return nn.Sequential(
            nn.ConvTranspose2d(inputs, outputs, kernel, stride, padding, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(True),
        )

    def forward(self, z):
        return self.main(z[:, :, None, None])


class Discriminator(nn.Module):
    def __init__(self, width=8, channels=3):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, width * 2, 4, 2, 1),
            nn.BatchNorm2d(width * 2),
            nn.LeakyReLU(0.2, inplace=True),
        )
        self.classify = nn.Conv2d(width * 2, 1, 8)

    def forward(self, images):
        return self.classify(self.features(images)).view(-1)


def train_step(generator, discriminator, optimizers, real, noise=10):
    criterion = nn.BCEWithLogitsLoss()
    batch = real.size(0)
    for_generator, for_discriminator = optimizers
    ones, zeros = torch.ones(batch), torch.zeros(batch)

    for_discriminator.zero_grad()
    fake = generator(torch.randn(batch, noise))
    loss_d = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
    loss_d.backward()
    for_discriminator.step()

    for_generator.zero_grad()
    loss_g = criterion(discriminator(fake), ones)
    loss_g.backward()
    for_generator.step()
    return loss_d.item(), loss_g.item()
