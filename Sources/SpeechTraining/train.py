"""Trains the network of the speech detector.

    dense 80 -> 32, rectified; gated recurrent unit of 48; dense 48 -> 1

Weights are eight-bit integers with a scale a row, quantised during the last part of the training already.

    python3 train.py OUT.npz DATA.npz... --updates 6000 --seed 1

One thread in a fixed order: the same data and seed give the same bytes.
"""

import argparse
import os
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import jax
import jax.numpy as jnp
import numpy as np

import features
import suite

INPUTS, DENSE, UNITS = features.FEATURES, 32, 48
STEPS, CLIPS = 250, 80
MATRICES = ("dense", "update", "reset", "candidate", "output")


def initial(random):
    def matrix(rows, columns):
        return jnp.asarray(random.normal(0, 1 / np.sqrt(columns), (rows, columns)), jnp.float32)

    gates = {name: matrix(UNITS, DENSE + UNITS) for name in ("update", "reset", "candidate")}
    return dict(dense=matrix(DENSE, INPUTS), output=matrix(1, UNITS), **gates,
                dense_bias=jnp.zeros(DENSE), update_bias=jnp.full(UNITS, 1.0), reset_bias=jnp.zeros(UNITS),
                candidate_bias=jnp.zeros(UNITS), output_bias=jnp.zeros(1))


def quantised(p):
    """Every matrix at eight bits, the gradient passing straight through."""
    out = dict(p)
    for name in MATRICES:
        scale = jnp.abs(p[name]).max(axis=1, keepdims=True) / 127 + 1e-12
        out[name] = p[name] + jax.lax.stop_gradient(jnp.round(p[name] / scale) * scale - p[name])
    return out


def forward(p, x, state):
    """x: (steps, clips, inputs) to logits (steps, clips) and the last state."""
    h = jax.nn.relu(x @ p["dense"].T + p["dense_bias"])
    kernel = jnp.concatenate([p["update"][:, :DENSE], p["reset"][:, :DENSE], p["candidate"][:, :DENSE]])
    outer = h @ kernel.T + jnp.concatenate([p["update_bias"], p["reset_bias"], p["candidate_bias"]])
    gates = jnp.concatenate([p["update"][:, DENSE:], p["reset"][:, DENSE:]]).T
    inner = p["candidate"][:, DENSE:].T

    def step(s, o):
        zr = jax.nn.sigmoid(o[:, :2 * UNITS] + s @ gates)
        z, r = zr[:, :UNITS], zr[:, UNITS:]
        candidate = jnp.tanh(o[:, 2 * UNITS:] + (r * s) @ inner)
        s = z * s + (1 - z) * candidate
        return s, s

    state, states = jax.lax.scan(step, state, outer)
    return (states @ p["output"].T + p["output_bias"])[..., 0], state


def loss(p, x, y, weight, state, quantises):
    logits, state = forward(jax.lax.cond(quantises, quantised, lambda q: dict(q), p), x, state)
    losses = jnp.logaddexp(0, logits) - y * logits
    return (losses * weight).sum() / weight.sum(), state


@jax.jit
def update(p, m, v, x, y, weight, state, rate, step, quantises):
    (value, state), gradient = jax.value_and_grad(loss, has_aux=True)(p, x, y, weight, state, quantises)
    norm = jnp.sqrt(sum((g ** 2).sum() for g in jax.tree.leaves(gradient)))
    gradient = jax.tree.map(lambda g: g * jnp.minimum(1, 1 / (norm + 1e-9)), gradient)
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda a, g: 0.99 * a + 0.01 * g * g, v, gradient)
    p = jax.tree.map(lambda w, a, b: w - rate * (a / (1 - 0.9 ** step)) / (jnp.sqrt(b / (1 - 0.99 ** step)) + 1e-7), p, m, v)
    return p, m, v, value, state


def targets(levels, threshold, gap, emphasis):
    """Soft labels of frames (clips, frames), and their weights: that of the beginnings of speech is `emphasis`."""
    y = np.zeros((len(levels), levels.shape[1]), np.float32)
    for clip, level in enumerate(levels):
        for a, b in suite.spans(level.astype(np.float32), threshold, gap):
            y[clip, a:b] = 1
    y = y.reshape(len(levels), -1, 2).mean(axis=2)
    weight = np.ones_like(y)
    for clip in range(len(y)):
        for onset in np.flatnonzero((y[clip, 1:] > 0) & (y[clip, :-1] == 0)) + 1:
            weight[clip, onset + 1:onset + 8] = emphasis
    return y, weight


def main(a):
    random = np.random.default_rng(a.seed)
    data = [np.load(path) for path in a.data]
    # A clip each; those of one file have one length.
    x = [clip for d in data for clip in d["inputs"]]
    y, weight = zip(*[pair for d in data for pair in zip(*targets(d["levels"], suite.THRESHOLD, suite.GAP, a.emphasis))])
    lengths = np.array([len(clip) for clip in x])
    sample = np.concatenate(x[:: max(1, len(x) // 100)]).astype(np.float32)
    mean, deviation = sample.mean(axis=0), sample.std(axis=0) + 1e-3
    p = initial(random)
    if a.start:
        stored = dict(np.load(a.start))
        mean, deviation = stored.pop("mean"), stored.pop("deviation")
        p = {name: jnp.asarray(value) for name, value in stored.items()}
    m, v = jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p)
    begin, step, recent = time.time(), 0, []
    total = a.updates
    clips, state = random.integers(0, len(x), CLIPS), jnp.zeros((CLIPS, UNITS))
    positions = random.integers(0, lengths.min() // STEPS, CLIPS) * STEPS
    while step < total:
        rate = a.rate * min(1, step / 50) * (0.5 + 0.5 * np.cos(np.pi * step / total)) + 2e-5
        # Every lane goes through its clip piece by piece and then takes another; its memory outlives most of them.
        ended = positions >= lengths[clips]
        clips[ended] = random.integers(0, len(x), ended.sum())
        positions[ended] = 0
        state = state * (1 - jnp.asarray(ended & (random.random(CLIPS) < 0.4), jnp.float32))[:, None]
        piece = lambda of: np.stack([of[c][p:p + STEPS] for c, p in zip(clips, positions)], axis=1)
        bx = (piece(x).astype(np.float32) - mean) / deviation
        by, bw = piece(y), piece(weight)
        positions += STEPS
        step += 1
        p, m, v, value, state = update(p, m, v, bx, by, bw, state, rate, step, step > 0.8 * total)
        recent.append(float(value))
        if step % 50 == 0:
            print(step, f"{np.mean(recent):.4f}", f"{time.time() - begin:.0f} s", flush=True)
            recent = []
        if step % 300 == 0 or step == total:
            np.savez(a.out, mean=mean, deviation=deviation, **{k: np.asarray(w) for k, w in p.items()})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("data", nargs="+")
    parser.add_argument("--updates", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--start", help="weights to go on from")
    parser.add_argument("--emphasis", type=float, default=2, help="of the first 140 ms of speech, 1 being none")
    parser.add_argument("--seed", type=int, default=1)
    main(parser.parse_args())
