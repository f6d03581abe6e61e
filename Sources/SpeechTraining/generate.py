"""Makes scenes for training or tuning: their features, and the level of their clean speech, a file of `.npz` a seed.

    python3 generate.py train PREFIX SEED... [--count 384] [--waiting | --holds | --onsets]

A scene lasts 30 s; with `--waiting` it is four minutes of music or the like, in which somebody may speak now and then, and
with `--holds` that music is made for holds; with `--onsets` it is half a minute of many short utterances.
"""

import argparse

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


def build(seed, count, pool, songs, scene=scenes.scene, seconds=30):
    random = np.random.default_rng(seed)
    inputs, levels = [], []
    for first in range(0, count, 16):
        batch = [scene(random, seconds, pool, songs) for _ in range(min(16, count - first))]
        inputs.append(features.features(np.stack([x for x, _ in batch])).astype(np.float16))
        levels.append(np.stack([y for _, y in batch]).astype(np.float16))
    return np.concatenate(inputs), np.concatenate(levels)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["train", "tune"])
    parser.add_argument("prefix")
    parser.add_argument("seeds", type=int, nargs="+")
    parser.add_argument("--count", type=int, default=384)
    parser.add_argument("--waiting", action="store_true")
    parser.add_argument("--holds", action="store_true")
    parser.add_argument("--onsets", action="store_true")
    a = parser.parse_args()
    spoken, songs = pools(1)[a.part == "tune"], voices.holds() if a.holds else voices.music(a.part)
    print("voices", voices.digest(x for _, x in spoken), "music", voices.digest(songs), flush=True)
    kind = (scenes.waiting, 240) if a.waiting or a.holds else (scenes.onsets if a.onsets else scenes.scene, 30)
    for seed in a.seeds:
        inputs, levels = build(seed, a.count, spoken, songs, *kind)
        np.savez(f"{a.prefix}{seed}.npz", inputs=inputs, levels=levels)
        print(seed, inputs.shape, "active", float((levels.reshape(len(levels), -1, 2).max(2) > -30).mean()), flush=True)
