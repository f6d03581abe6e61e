"""Makes the scenes for training and for tuning: features, and the clean speech's level, into an .npz file."""

import sys

import numpy as np

import features
import scenes
import voices

LANGUAGES = ["es", "fr", "it", "ru"]


def pools(seed):
    """Voices to train and to tune with: none in both."""
    random = np.random.default_rng(seed)
    spoken = voices.prompts(LANGUAGES)
    synthetic = voices.synthetic(random, 1400)
    everything = [v for v in spoken + synthetic if len(v[1]) < 20 * voices.RATE]
    order = random.permutation(len(everything))
    cut = len(everything) // 12
    return [everything[i] for i in order[cut:]], [everything[i] for i in order[:cut]]


def build(seed, part, count, seconds=30):
    train, tune = pools(1)
    pool = train if part == "train" else tune
    files = voices.music(held_out=False)
    random = np.random.default_rng(seed)
    inputs, levels = [], []
    for first in range(0, count, 16):
        print(first, flush=True)
        batch = [scenes.scene(random, seconds, pool, files) for _ in range(min(16, count - first))]
        inputs.append(features.features(np.stack([x for x, _ in batch])).astype(np.float16))
        levels.append(np.stack([y for _, y in batch]).astype(np.float16))
    return np.concatenate(inputs), np.concatenate(levels)


if __name__ == "__main__":
    seed, part, count, path = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    inputs, levels = build(seed, part, count)
    np.savez(path, inputs=inputs, levels=levels)
    print(path, inputs.shape, "active", float((levels.reshape(len(levels), -1, 2).max(2) > -30).mean()))
