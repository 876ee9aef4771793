"""A script without functions: fits a polynomial by gradient descent."""

import torch

torch.manual_seed(0)
degree = 4
weights = torch.randn(degree, 1) * 5
offset = torch.randn(1) * 5
layer = torch.nn.Linear(degree, 1)

for step in range(3):
    points = torch.randn(32)
    features = torch.cat([points.unsqueeze(1) ** power for power in range(1, degree + 1)], 1)
    target = features.mm(weights) + offset
    layer.zero_grad()
    output = layer(features)
    loss = torch.nn.functional.smooth_l1_loss(output, target)
    loss.backward()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter -= 0.1 * parameter.grad

fitted = layer.weight.view(-1)
print(fitted.shape, layer.bias.shape)
