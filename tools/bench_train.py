# SPDX-License-Identifier: GPL-3.0-or-later
"""A training step of the network of tools/bench_train.c in PyTorch: draw a batch, loss, gradient, AdamW,
average of the weights; eager and compiled, with all threads and with one."""
import math
import os

from bench_peer import THREADS, receive, serve

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # where PyTorch has one: it runs on threads of its own

BATCH, COLUMNS, K, LAYERS = map(int, receive(4))
WIDTH = [int(w) for w in receive(LAYERS + 1)]
PARAM = receive(sum((a + 1) * b for a, b in zip(WIDTH, WIDTH[1:])))
MEAN, STD = receive(2 * K), receive(1)[0]
INPUT, TARGET, WEIGHT = receive(WIDTH[0] * COLUMNS), receive(2 * COLUMNS), receive(COLUMNS)
T_MIN, T_MAX, BETA_MIN, BETA_MAX, DATA_RMS = receive(5)
LAMBDA_FROM, LAMBDA_TO = receive(2)
FREQUENCIES = (WIDTH[0] - 2) // 2


def with_torch(compiled, threads):
    import torch

    torch.set_num_threads(threads)
    net = torch.nn.Sequential()
    at = 0
    for a, b in zip(WIDTH, WIDTH[1:]):
        linear = torch.nn.Linear(a, b)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(PARAM[at : at + a * b]).reshape(b, a))
            linear.bias.copy_(torch.tensor(PARAM[at + a * b : at + (a + 1) * b]))
        at += (a + 1) * b
        net.append(linear)
        if b != WIDTH[-1]:
            net.append(torch.nn.SiLU())
    start = [p.detach().clone() for p in net.parameters()]
    param, average = list(net.parameters()), [p.clone() for p in start]
    adam = torch.optim.AdamW(param, lr=3e-3, betas=(0.9, 0.99), weight_decay=0, fused=True)
    mean = torch.tensor(MEAN, dtype=torch.float32).reshape(K, 2)
    strata = torch.arange(BATCH, dtype=torch.float32)
    turns = torch.arange(1, FREQUENCIES + 1, dtype=torch.float32) * (math.pi / 2)

    def loss_of_a_batch():
        t = T_MIN + (T_MAX - T_MIN) * (strata + torch.rand(())) / BATCH
        log_s = -0.5 * t * (BETA_MIN + 0.5 * t * (BETA_MAX - BETA_MIN))
        s, sigma = torch.exp(log_s)[:, None], torch.sqrt(-torch.expm1(2 * log_s))[:, None]
        eps = torch.randn(BATCH, 2)
        x = s * (mean[torch.randint(K, (BATCH,))] + STD * torch.randn(BATCH, 2)) + sigma * eps
        u = (torch.log(s / sigma) - LAMBDA_FROM) / (LAMBDA_TO - LAMBDA_FROM)
        scale = torch.rsqrt(s * s * DATA_RMS**2 + sigma * sigma)
        given = torch.cat([x * scale, torch.cos(u * turns), torch.sin(u * turns)], 1)
        return (net(given) - eps).square().sum(1).mean()

    loss = torch.compile(loss_of_a_batch) if compiled else loss_of_a_batch

    def run(n):
        torch.set_num_threads(threads)
        for _ in range(n):
            adam.zero_grad()
            loss().backward()
            adam.step()
            torch._foreach_lerp_(average, param, 1e-3)

    def answer():
        """|gradient|^2 of the batch sent, with the weights sent."""
        with torch.no_grad():
            for p, was in zip(param, start):
                p.copy_(was)
        given = torch.tensor(INPUT, dtype=torch.float32).reshape(-1, COLUMNS).T
        target = torch.tensor(TARGET, dtype=torch.float32).reshape(2, COLUMNS).T
        adam.zero_grad()
        off = (net(given) - target).square().sum(1)
        (off * torch.tensor(WEIGHT, dtype=torch.float32)).sum().backward()
        size = sum(p.grad.double().square().sum().item() for p in param)
        return size, 1e-4 * size

    run(3)  # compiles, and warms up
    return run, answer


serve({"torch": lambda: with_torch(False, THREADS),
       "torch-compiled": lambda: with_torch(True, THREADS),
       "torch-1": lambda: with_torch(False, 1),
       "torch-compiled-1": lambda: with_torch(True, 1)})
