"""A U-Net with its levels in module lists."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class DoubleConv(nn.Sequential):
    def __init__(self, inputs, outputs):
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.GroupNorm(4, outputs),
            nn.SiLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1),
            nn.GroupNorm(4, outputs),
            nn.SiLU(),
        )


class UNet(nn.Module):
    def __init__(self, inputs=3, classes=4, widths=(8, 16, 32)):
        super().__init__()
        self.downs = nn.ModuleList()
        channels = inputs
        for width in widths:
            self.downs.append(DoubleConv(channels, width))
            channels = width
        self.bottom = DoubleConv(widths[-1], 2 * widths[-1])
        self.ups = nn.ModuleList()
        self.joins = nn.ModuleList()
        for width in reversed(widths):
            self.ups.append(nn.ConvTranspose2d(2 * width, width, kernel_size=2, stride=2))
            self.joins.append(DoubleConv(2 * width, width))
        self.head = nn.Conv2d(widths[0], classes, kernel_size=1)

    def forward(self, x):
        skips = []
        for down in self.downs:
            x = down(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, join, skip in zip(self.ups, self.joins, skips[::-1]):
            x = up(x)
            if x.shape[-2:] != skip.shape[-2:]:
                x = F.interpolate(x, size=skip.shape[-2:])
            x = torch.cat([skip, x], dim=1)
            x = join(x)
        return self.head(x)


def dice_loss(logits, target, eps=1e-6):
    probabilities = logits.softmax(dim=1)
    truth = F.one_hot(target, num_classes=logits.shape[1]).permute(0, 3, 1, 2).float()
    overlap = (probabilities * truth).sum(dim=(2, 3))
    total = probabilities.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))
    return 1 - ((2 * overlap + eps) / (total + eps)).mean()
