"""Worker: plain PyTorch, a module and a loop written by hand, with or without torch.compile.

    python torch_peer.py WORKLOAD DATA_FOLDER TIMED_STEPS COMPILE(0|1) THREADS

Batches are taken by index from tensors in memory; loss and accuracy are added up as tensors
and read once an epoch, as Keras' fit does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import protocol
import torch
import workloads
from torch import Tensor, nn
from torch.nn import functional as F


class Recurrent(nn.Module):
    """Embedding(16), recurrent layers of 8 units, one logit."""

    def __init__(self, cell: type[nn.RNNBase], layers: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(workloads.VOCABULARY, 16)
        self.cell = cell(16, 8, num_layers=layers, batch_first=True)
        self.out = nn.Linear(8, 1)
        self.dropout = dropout

    def forward(self, words: Tensor) -> Tensor:
        x = self.embedding(words)
        if self.dropout:
            # Keras' dropout of a recurrent layer: one mask for all time steps of a sequence.
            mask = F.dropout(torch.ones_like(x[:, :1]), self.dropout, self.training)
            x = x * mask
        steps, _ = self.cell(x)
        return self.out(steps[:, -1])


def build(name: str) -> tuple[nn.Module, torch.optim.Optimizer]:
    """The module of a workload (giving logits) and its optimizer, at Keras' settings."""
    if name == "cnn":
        module: nn.Module = nn.Sequential(
            nn.Conv2d(1, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(128 * 7 * 7, 100),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(100, 10),
        )
        return module, torch.optim.Adam(module.parameters(), lr=1e-3, eps=1e-7)
    if name == "dense":
        module = nn.Sequential(
            nn.Linear(workloads.MULTI_HOT, 16),
            nn.ReLU(),
            nn.Linear(16, 16),
            nn.ReLU(),
            nn.Linear(16, 1),
        )
        rate = 1e-3
    else:
        cell, layers, dropout = {
            "rnn": (nn.RNN, 1, 0.0),
            "lstm": (nn.LSTM, 1, 0.3),
            "lstm2": (nn.LSTM, 2, 0.0),
            "gru2": (nn.GRU, 2, 0.0),
        }[name]
        module = Recurrent(cell, layers, dropout)
        rate = 1e-4
    return module, torch.optim.RMSprop(module.parameters(), lr=rate, alpha=0.9, eps=1e-7)


def epoch(
    module: Callable[[Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    batch: int,
    binary: bool,
) -> dict[str, float]:
    """Train one epoch in a new order; mean loss and accuracy."""
    order = torch.randperm(len(x))
    loss_sum, right = torch.zeros(()), torch.zeros((), dtype=torch.long)
    for start in range(0, len(x), batch):
        rows = order[start : start + batch]
        targets = y[rows]
        logits = module(x[rows])
        if binary:
            loss = F.binary_cross_entropy_with_logits(logits, targets)
        else:
            loss = F.cross_entropy(logits, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            loss_sum += loss * len(rows)
            guesses = (logits > 0).to(targets.dtype) if binary else logits.argmax(1)
            right += (guesses == targets).sum()
    return {"loss": loss_sum.item() / len(x), "accuracy": right.item() / len(x)}


def main() -> None:
    """Run the worker."""
    name, folder, steps, compiled, threads = sys.argv[1:]
    if int(threads):
        torch.set_num_threads(int(threads))
    workload = workloads.WORKLOADS[name]
    arrays = workloads.read_data(name, Path(folder))
    x, y = (torch.from_numpy(array) for array in arrays)
    if name == "cnn":
        x, y = x.permute(0, 3, 1, 2).contiguous(), y.long()
    torch.manual_seed(1)
    module, optimizer = build(name)
    call: Any = torch.compile(module) if int(compiled) else module
    binary = name != "cnn"
    epoch(call, optimizer, x, y, workload.batch, binary)
    protocol.first_epoch_done(parameters=sum(p.numel() for p in module.parameters()))
    rows = int(steps) * workload.batch
    x, y = x[:rows], y[:rows]
    watch = protocol.Stopwatch()
    epoch(call, optimizer, x, y, workload.batch, binary)
    protocol.say(warm=watch.read()["seconds"])
    for _ in protocol.epochs_asked():
        watch = protocol.Stopwatch()
        logs = epoch(call, optimizer, x, y, workload.batch, binary)
        protocol.say(
            **watch.read(),
            model_steps=int(steps),
            peak_mb=protocol.peak_mb(),
            **logs,
        )


if __name__ == "__main__":
    main()
