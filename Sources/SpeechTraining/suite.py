"""The held-out suite: English prompts that no training hears, unheard music, and noises of other generators.

Thirty-one conditions in the groups quiet, noise and signalling. `python3 suite.py FOLDER [MINUTES]` writes a WAV file a
condition and beside it `NAME.jsonl`, a line a stretch of speech, as `parley score speech --folder` reads it. With `--tune`
the voices are the ones of other languages that training leaves out, and so is the music: margins are chosen on those. With
`--strangers SEED` it has eight conditions more, and all voices and music are such as neither training nor margins have to
do with: Festival's, English prompts, and those of asterisk-prompt-it-menardi-wav.
"""

import argparse
import itertools
import json
import os
import wave

import numpy as np
from scipy.signal import butter, sosfilt

import scenes
import voices
from scenes import RATE, decibels, scaled

#: The clean signal counts as speech when a hop of 10 ms is less than this below the talker's level, in dB, and gaps up
#: to this many milliseconds are filled.
THRESHOLD, GAP = 30, 150


def talk(random, n, pool, levels, pause=(0.3, 2.4)):
    x, reference = np.zeros(n, np.float32), np.full(n // 80, -20, np.float32)
    position, turn = int(RATE * random.uniform(1, 3)), 0
    while position < n - RATE:
        voice = pool[random.integers(len(pool))][1]
        level = levels[turn % len(levels)]
        voice = np.clip(scaled(voice, level) * np.sqrt(np.mean(voice ** 2) / scenes.active_power(voice)), -0.99, 0.99)
        end = min(n, position + len(voice))
        x[position:end] = voice[:end - position]
        reference[position // 80:] = level
        position, turn = end + int(RATE * random.uniform(*pause)), turn + 1
    hops = (x.reshape(-1, 80) ** 2).mean(axis=1)
    relative = np.where(hops > 1e-11, 10 * np.log10(hops / scenes.FULL_MEAN_SQUARE + 1e-13) - reference, -120)
    return x, relative


def pauses(x, margin=0.15):
    """Where nobody speaks, away from speech."""
    loud = np.repeat((x.reshape(-1, 80) ** 2).mean(axis=1) > 1e-9, 80)
    return np.convolve(loud, np.ones(int(margin * 2 * RATE) | 1), "same") < 0.5


def brown(random, n):
    x = np.cumsum(random.standard_normal(n))
    return sosfilt(butter(1, 60, "high", fs=RATE, output="sos"), x).astype(np.float32)


def crowd(random, n, pool, count):
    x = np.zeros(n, np.float32)
    for _ in range(count):
        y = np.concatenate([pool[random.integers(len(pool))][1] for _ in range(n // RATE)])
        x += scaled(np.resize(y[random.integers(RATE):], n), -20)
    return x


def tone(frequencies, n, times=()):
    t = np.arange(n) / RATE
    x = sum(np.sin(2 * np.pi * f * t) for f in frequencies).astype(np.float32)
    if times:
        period = sum(times)
        phase, on = t % period, np.zeros(n, bool)
        edge = 0.0
        for index, length in enumerate(times):
            if index % 2 == 0:
                on |= (phase >= edge) & (phase < edge + length)
            edge += length
        x = x * on
    return x


def keys(random, n):
    x = np.zeros(n, np.float32)
    position = 4000
    while position + 2000 < n:
        size = int(RATE * random.choice([0.05, 0.1, 0.2]))
        x[position:position + size] = tone((random.choice(scenes.DTMF_LOW), random.choice(scenes.DTMF_HIGH)), size)
        position += size + int(RATE * random.choice([0.05, 0.1, 0.4, 1.0]))
    return x


def information_tone(n):
    unit = np.concatenate([tone((f,), int(0.33 * RATE)) for f in (950, 1400, 1800)] + [np.zeros(RATE)])
    return np.resize(unit, n).astype(np.float32)


def rms(x, level):
    """At a level in dBm0 while it sounds."""
    return (x * np.sqrt(scenes.FULL_MEAN_SQUARE / np.mean(x[np.abs(x) > 1e-6] ** 2)) * decibels(level)).astype(np.float32)


def conditions(random, n, pool, crowd_pool, songs):
    """Name, group, samples, relative level a hop."""
    def song():
        file = songs[random.integers(len(songs))]
        return np.resize(file[random.integers(len(file) // 2):], n)

    level = -20
    for name, levels in [("level-10", [-10]), ("level-20", [-20]), ("level-30", [-30]), ("level-40", [-40]),
                         ("jumps", [-12, -35, -22, -40, -15])]:
        x, labels = talk(random, n, pool, levels)
        yield name, "quiet", x, labels
    x, labels = talk(random, n, pool, [-20], pause=(3, 8))
    yield "gaps", "quiet", x, labels
    noises = {
        "white": lambda: random.standard_normal(n), "pink": lambda: scenes.coloured(random, n, 0.5),
        "brown": lambda: brown(random, n), "babble": lambda: crowd(random, n, crowd_pool, 8), "music": song,
        "hum": lambda: sum(np.sin(2 * np.pi * 50 * k * np.arange(n) / RATE + k) / k for k in (1, 2, 3, 4, 5, 7, 9, 11, 13)),
    }
    for name, ratios in [("white", (20, 10, 5)), ("pink", (20, 10, 5)), ("brown", (10,)), ("babble", (20, 10, 5)),
                         ("music", (15, 10, 5)), ("hum", (15, 5))]:
        for ratio in ratios:
            x, labels = talk(random, n, pool, [level])
            yield f"{name}{ratio}", "noise", x + scaled(noises[name]().astype(np.float32), level - ratio), labels
    x, labels = talk(random, n, pool, [level])
    yield "comfort", "noise", np.where(pauses(x), scaled(scenes.coloured(random, n, 0.3), -52), x + scaled(brown(random, n), -45)), labels
    x, labels = talk(random, n, pool, [level])
    yield "loss", "noise", scenes.lossy(random, x + scaled(scenes.coloured(random, n, 0.5), -45)), labels
    for name, sound, sound_level in [
        ("keys", keys(random, n), -10), ("dial", tone((350, 440), n), -16), ("ringback", tone((440, 480), n, (2, 4)), -19),
        ("busy", tone((480, 620), n, (0.5, 0.5)), -20), ("information", information_tone(n), -18), ("hold", song(), -18),
        ("ringback-eu", tone((425,), n, (1, 4)), -12),
    ]:
        x, labels = talk(random, n, pool, [level], pause=(1, 4))
        yield name, "signalling", x + rms(sound, sound_level) * pauses(x) + scaled(random.standard_normal(n), -60), labels
    x, labels = talk(random, n, pool, [level])
    yield "dial-under", "signalling", x + rms(tone((350, 440), n), -30), labels


def machines(random, n):
    """Faxes and modems: calling tones, answers with reversals of phase, and keyed frequencies."""
    t = np.arange(n) / RATE
    answer = np.sin(2 * np.pi * 2100 * t + np.pi * np.floor(t / 0.45))
    bits = np.repeat(random.integers(0, 2, n // 27 + 1), 27)[:n]
    keyed = np.sin(2 * np.pi * np.cumsum(np.where(bits, 1850, 1650)) / RATE)
    return np.select([t % 20 < 7, t % 20 < 11, t % 20 < 15], [tone((1100,), n, (0.5, 3)), answer, keyed], 0).astype(np.float32)


def further_conditions(random, n, pool, crowd_pool, songs):
    """What only the strangers' suite has."""
    levels = [-14, -38, -25, -11, -32]
    x, labels = talk(random, n, pool, levels)
    yield "jumps-pink", "noise", x + scaled(scenes.coloured(random, n, 0.5), -50), labels
    x, labels = talk(random, n, pool, levels)
    yield "jumps-loss", "noise", scenes.lossy(random, x + scaled(random.standard_normal(n), -55)), labels
    x, labels = talk(random, n, pool, [-34])
    yield "soft-shaped10", "noise", x + scaled(scenes.shaped(random, n), -44), labels
    for name, sound, level in [
        ("machines", machines(random, n), -13), ("ringback-uk", tone((400, 450), n, (0.4, 0.2, 0.4, 2)), -19),
        ("congestion", tone((480, 620), n, (0.25, 0.25)), -20), ("busy-eu", tone((425,), n, (0.5, 0.5)), -10),
        ("hold-loud", np.resize(np.concatenate(songs), n), -11),
    ]:
        x, labels = talk(random, n, pool, [-22], pause=(1, 6))
        yield name, "signalling", x + rms(sound, level) * pauses(x) + scaled(random.standard_normal(n), -65), labels


def spans(relative, threshold=THRESHOLD, gap=GAP):
    """Frame labels of 10 ms from relative levels."""
    active = relative > -threshold
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(int), [0]])))
    pairs = [list(p) for p in edges.reshape(-1, 2)]
    merged = []
    for pair in pairs:
        if merged and (pair[0] - merged[-1][1]) * 10 <= gap:
            merged[-1][1] = pair[1]
        else:
            merged.append(pair)
    return [(a, b) for a, b in merged if b - a >= 3]


def pools(random, part):
    """Voices of the talkers and of the crowd, and music, of which training hears nothing."""
    if part == "tune":
        import generate
        spoken = generate.pools(1)[1]
        half = len(spoken) // 2
        return spoken[:half], spoken[half:], voices.music("tune")
    if part == "strangers":
        prompts = voices.prompts(["en", "it_IT_f_Menardi"])
        order = random.permutation(len(prompts))
        pool = voices.festival() * 3 + [prompts[i] for i in order[:300]]
        return pool, [prompts[i] for i in order[300:]], voices.music("strangers")
    pool = voices.prompts(["en"])
    order = random.permutation(len(pool))
    crowd_pool = [pool[i] for i in order[400:]] + voices.synthetic(random, 120)
    return [pool[i] for i in order[:400]], crowd_pool, voices.music("test")


def build(minutes=62.0, part="test", seed=77):
    random = np.random.default_rng(seed)
    n = int(minutes * 60 / 31 * RATE) // 160 * 160
    made = pools(random, part)
    scenery = conditions(random, n, *made)
    if part == "strangers":
        scenery = itertools.chain(scenery, further_conditions(random, n, *made))
    for name, group, x, labels in scenery:
        yield name, group, scenes.mu_law(np.clip(x, -0.999, 0.999).astype(np.float32)), labels


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("minutes", type=float, nargs="?", default=62.0, help="of the thirty-one conditions together")
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--strangers", type=int, metavar="SEED")
    a = parser.parse_args()
    part = "tune" if a.tune else "test" if a.strangers is None else "strangers"
    folder = a.folder
    os.makedirs(folder, exist_ok=True)
    for name, group, x, labels in build(a.minutes, part, 77 if a.strangers is None else a.strangers):
        with wave.open(f"{folder}/{group}-{name}.wav", "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes((x * 32768).astype("<i2").tobytes())
        np.save(f"{folder}/{group}-{name}.npy", labels.astype(np.float16))
        with open(f"{folder}/{group}-{name}.jsonl", "w") as file:
            file.writelines(
                json.dumps({"event": "speech", "start": a / 100, "end": b / 100}) + "\n" for a, b in spans(labels))
