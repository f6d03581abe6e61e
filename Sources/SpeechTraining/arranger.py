"""Music in the style of telephone holds: seeded arrangements, played by fluidsynth on TimGM6mb's instruments.

An arrangement is a Standard MIDI File (format 0) of chords, a bass, a tune and sometimes drums.
"""

import glob
import os
import subprocess
import tempfile

import numpy as np

SOUNDS = "/usr/share/sounds/sf2/TimGM6mb.sf2"
#: Scores of openttd-openmsx.
SCORES = "/usr/share/games/openttd/baseset/openmsx"
TICKS = 96
#: General MIDI programs, from 0: pianos, mallets, guitars, strings, voices, brass, reeds, flutes, pads.
CHORDS = (0, 1, 4, 5, 6, 16, 19, 24, 25, 26, 48, 49, 50, 51, 52, 53, 54, 88, 89, 90, 91, 92, 94, 95)
TUNES = (0, 4, 8, 9, 11, 12, 13, 21, 22, 24, 26, 40, 41, 42, 46, 52, 53, 54, 56, 57, 59, 60, 61, 64, 65, 66, 68, 69, 71, 72, 73, 74,
         75, 78, 79, 80, 81, 82, 85)
BASSES = (32, 33, 34, 35, 38, 39, 43)
#: Degrees of the scale on which the chords of a progression stand.
PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 4, 0), (1, 4, 0, 5), (5, 3, 0, 4), (0, 4, 5, 2, 3, 0, 3, 4), (0, 0, 3, 3, 4, 3, 0, 4))
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)


def variable(value):
    """A number as a Standard MIDI File has it: seven bits a byte, the highest first."""
    out = [value & 127]
    while value := value >> 7:
        out.append(value & 127 | 128)
    return bytes(reversed(out))


class Score:
    """Events of one track."""

    def __init__(self):
        self.events = []

    def add(self, tick, *message):
        self.events.append((int(tick), len(self.events), bytes(message)))

    def note(self, tick, length, channel, pitch, loudness):
        pitch, loudness = int(np.clip(pitch, 20, 110)), int(np.clip(loudness, 15, 127))
        self.add(tick, 0x90 | channel, pitch, loudness)
        self.add(tick + max(1, int(length)), 0x80 | channel, pitch, 0)

    def data(self, tempo):
        track, past = bytes([0, 0xFF, 0x51, 3]) + int(60e6 / tempo).to_bytes(3, "big"), 0
        for tick, _, message in sorted(self.events):
            track += variable(tick - past) + message
            past = tick
        track += bytes([0, 0xFF, 0x2F, 0])
        return (b"MThd" + (6).to_bytes(4, "big") + bytes([0, 0, 0, 1, 0, TICKS]) + b"MTrk" + len(track).to_bytes(4, "big") + track)


def tune(random, score, pitch, chord, begin, beats):
    """A phrase of steps and leaps over one chord, with bends as a player of a wind instrument makes them."""
    step, position = chord + int(random.choice([0, 2, 4])) + 7, 0.0
    while position < beats:
        length = float(random.choice([0.5, 0.5, 1, 1, 1.5, 2]))
        if random.random() < 0.8:
            tick = (begin + position) * TICKS
            score.note(tick, min(length, beats - position) * TICKS * random.uniform(0.6, 1), 1, pitch(step), random.integers(70, 120))
            if random.random() < 0.2:
                for part in range(8):
                    bend = 8192 + int(random.uniform(0, 2500) * np.sin(part * np.pi / 4))
                    score.add(tick + part * length * TICKS / 8, 0xE1, bend & 127, bend >> 7)
        step += int(random.choice([-2, -1, -1, 1, 1, 2, 4, -3]))
        step = int(np.clip(step, 4, 18))
        position += length


def drums(random, score, begin, beats, pattern):
    for half in range(beats * 2):
        tick = (begin + half / 2) * TICKS
        score.note(tick, 20, 9, 42 if half % 4 != 3 else 46, random.integers(30, 80))
        if pattern[half % len(pattern)] == 1:
            score.note(tick, 20, 9, 36, random.integers(80, 120))
        elif pattern[half % len(pattern)] == 2:
            score.note(tick, 20, 9, random.choice([37, 38, 39]), random.integers(60, 110))


def arrangement(random, seconds):
    """One piece, as the bytes of a Standard MIDI File."""
    score, tempo = Score(), random.uniform(60, 150)
    scale, root = (MAJOR if random.random() < 0.6 else MINOR), int(random.integers(48, 60))
    pitch = lambda step, octave=0: root + scale[step % 7] + 12 * (step // 7 + octave)
    programs = (random.choice(CHORDS), random.choice(TUNES), random.choice(BASSES))
    for channel, program in enumerate(programs):
        score.add(0, 0xC0 | channel, int(program))
        score.add(0, 0xB0 | channel, 7, int(random.integers(60, 127)))
        score.add(0, 0xB0 | channel, 91, int(random.integers(0, 110)))
    has_chords, has_bass, has_drums = random.random() < 0.85, random.random() < 0.7, random.random() < 0.5
    has_tune = random.random() < 0.8 or not has_chords
    broken, beats = random.random() < 0.5, int(random.choice([3, 4, 4]))
    progression = PROGRESSIONS[random.integers(len(PROGRESSIONS))]
    pattern = random.choice([0, 1, 2], 8, p=[0.5, 0.3, 0.2])
    for bar in range(int(seconds * tempo / 60 / beats) + 1):
        chord, begin = progression[bar % len(progression)], bar * beats
        if has_chords:
            notes = [pitch(chord + third) for third in (0, 2, 4, 6)[:random.integers(3, 5)]]
            for beat in range(beats if broken else 1):
                for index, note in enumerate(notes):
                    tick = begin * TICKS + (beat + index / len(notes) if broken else 0.02 * index) * TICKS
                    score.note(tick, (0.9 if broken else beats * 0.95) * TICKS, 0, note, random.integers(50, 95))
        if has_bass:
            for beat in range(0, beats, int(random.choice([1, 2]))):
                score.note((begin + beat) * TICKS, 0.9 * TICKS, 2, pitch(chord + int(random.choice([0, 0, 4])), -1), random.integers(70, 110))
        if has_tune and random.random() < 0.8:
            tune(random, score, pitch, chord, begin, beats)
        if has_drums:
            drums(random, score, begin, beats, pattern)
    return score.data(tempo)


def played(path, folder):
    """What fluidsynth makes of a Standard MIDI File, run until two runs agree: the path of a WAV file of 16 kHz."""
    out, last = os.path.join(folder, "played.wav"), None
    for _ in range(8):
        subprocess.run(["fluidsynth", "-ni", "-q", "-r", "16000", "-F", out, "-T", "wav", "-O", "s16", SOUNDS, path],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out, "rb") as file:
            written = file.read()
        if written == last:
            return out
        last = written
    raise RuntimeError(f"{path}: fluidsynth plays it otherwise each time")


def pieces(read, count, seconds=60, seed=5):
    """The scores of openttd-openmsx and so many arrangements; `read` makes samples of a WAV file."""
    random, found = np.random.default_rng(seed), []
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob(f"{SCORES}/*.mid")):
            found.append(read(played(path, folder)))
        for _ in range(count):
            path = os.path.join(folder, "score.mid")
            with open(path, "wb") as file:
                file.write(arrangement(random, seconds))
            found.append(read(played(path, folder)))
    return found
