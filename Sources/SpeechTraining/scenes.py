"""Scenes for training and tuning: a caller's speech, and what a telephone line puts over, around and in place of it."""

import numpy as np
from scipy.signal import lfilter, resample_poly, butter, sosfilt

from voices import RATE, FULL_MEAN_SQUARE

FRAME = 160


def decibels(x):
    return 10 ** (x / 20)


def scaled(samples, level):
    """At a level in dBm0."""
    power = np.mean(samples ** 2) + 1e-12
    return (samples * np.sqrt(FULL_MEAN_SQUARE / power) * decibels(level)).astype(np.float32)


def active_power(samples):
    """Mean square of the 20 ms frames within 25 dB of the loudest."""
    frames = samples[:len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    energy = (frames ** 2).mean(axis=1)
    return energy[energy > energy.max() * 10 ** -2.5].mean() + 1e-12


# MARK: noises

def white(random, n):
    return random.standard_normal(n).astype(np.float32)


def coloured(random, n, exponent):
    spectrum = np.fft.rfft(random.standard_normal(n))
    frequency = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 30)
    return np.fft.irfft(spectrum / frequency ** exponent, n).astype(np.float32)


def shaped(random, n):
    """Noise with a random spectral envelope, such as a fan's or a street's, that may swell."""
    x = coloured(random, n, random.uniform(0, 1))
    for _ in range(random.integers(1, 4)):
        low = random.uniform(80, 3000)
        high = min(3950, low * random.uniform(1.2, 4))
        x = x + random.uniform(0, 3) * scaled(sosfilt(butter(2, [low, high], "band", fs=RATE, output="sos"), x), -20) * 10
    if random.random() < 0.5:
        rate = random.uniform(0.1, 3)
        x = x * (1 + random.uniform(0, 0.9) * np.sin(2 * np.pi * rate * np.arange(n) / RATE + random.uniform(0, 6)))
    return x.astype(np.float32)


def hum(random, n):
    base = random.choice([50.0, 60.0]) * random.uniform(0.998, 1.002)
    t = np.arange(n) / RATE
    x = np.zeros(n)
    for harmonic in range(1, random.integers(3, 20)):
        if random.random() < 0.8:
            x += random.uniform(0.1, 1) / harmonic ** random.uniform(0.3, 1.5) * np.sin(
                2 * np.pi * base * harmonic * t + random.uniform(0, 6))
    return (x + random.uniform(0, 0.1) * random.standard_normal(n)).astype(np.float32)


def babble(random, n, voices):
    x = np.zeros(n, np.float32)
    for _ in range(random.integers(4, 16)):
        position = -random.integers(0, RATE * 3)
        gain = decibels(random.uniform(-5, 3))
        while position < n:
            voice = voices[random.integers(len(voices))][1]
            voice = voice / np.sqrt(active_power(voice)) * gain
            first, end = max(position, 0), min(position + len(voice), n)
            if end > first:
                x[first:end] += voice[first - position:end - position]
            position += len(voice) + int(random.exponential(0.15) * RATE)
    if random.random() < 0.4:
        x = reverberant(random, x)
    return x


def note(random, n, frequency, kind):
    t = np.arange(n) / RATE
    x = np.zeros(n)
    vibrato = random.uniform(0, 0.008) * np.sin(2 * np.pi * random.uniform(4, 7) * t) if random.random() < 0.4 else 0
    phase = 2 * np.pi * frequency * np.cumsum(np.ones(n) + vibrato) / RATE
    for harmonic in range(1, 1 + int(random.integers(1, 14))):
        if harmonic * frequency < 3800:
            x += random.uniform(0.3, 1) / harmonic ** random.uniform(0.5, 2) * np.sin(harmonic * phase)
    attack = np.minimum(t / random.uniform(0.003, 0.08), 1)
    decay = np.exp(-t / random.uniform(0.1, 0.6)) if kind == "plucked" else np.minimum((n / RATE - t) / 0.05, 1)
    return x * attack * decay


def synthetic_music(random, n):
    x = np.zeros(n)
    beat = int(RATE * random.uniform(0.15, 0.6))
    scale = np.array([0, 2, 4, 5, 7, 9, 11]) if random.random() < 0.6 else np.array([0, 2, 3, 5, 7, 8, 10])
    key = random.uniform(70, 220)
    for part in range(random.integers(1, 5)):
        kind = "plucked" if random.random() < 0.5 else "held"
        octave = 2.0 ** random.integers(0, 3)
        loud = random.uniform(0.2, 1)
        position = 0
        while position < n:
            length = beat * int(random.choice([1, 1, 2, 4]))
            if random.random() < 0.85:
                for _ in range(random.integers(1, 4) if part else 1):
                    step = scale[random.integers(7)] + 12 * random.integers(0, 2)
                    end = min(n, position + int(length * random.uniform(0.8, 1.2)))
                    x[position:end] += loud * note(random, end - position, key * octave * 2 ** (step / 12), kind)
            position += length
    if random.random() < 0.5:
        position, size = 0, int(0.12 * RATE)
        envelope = np.exp(-np.arange(size) / RATE / random.uniform(0.01, 0.05))
        while position + size < n:
            hit = random.standard_normal(size) if random.random() < 0.6 else 2 * np.sin(
                2 * np.pi * 90 * np.arange(size) / RATE)
            x[position:position + size] += random.uniform(0.3, 1.2) * hit * envelope
            position += beat
    return x.astype(np.float32)


def music(random, n, files):
    if random.random() < 0.25 or not files:
        x = synthetic_music(random, n)
    else:
        file = files[random.integers(len(files))]
        if random.random() < 0.4:
            file = resample_poly(file, random.integers(85, 118), 100).astype(np.float32)
        begin = random.integers(0, max(1, len(file) - n))
        x = np.resize(file[begin:], n)
    if random.random() < 0.3:
        x = sosfilt(butter(2, [random.uniform(80, 400), random.uniform(2000, 3800)], "band", fs=RATE, output="sos"), x)
    return x.astype(np.float32)


# MARK: signalling

DTMF_LOW, DTMF_HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
#: Frequencies, and times on and off in seconds.
TONES = [
    ((350, 440), ()), ((425,), ()), ((350, 450), ()), ((440, 480), (2, 4)), ((425,), (1, 4)), ((400, 450), (0.4, 0.2, 0.4, 2)),
    ((480, 620), (0.5, 0.5)), ((425,), (0.5, 0.5)), ((400,), (0.375, 0.375)), ((480, 620), (0.25, 0.25)), ((425,), (0.25, 0.25)),
    ((400,), (0.4, 0.35, 0.225, 0.525)), ((1100,), (0.5, 3)), ((2100,), (3.3, 2)), ((1400, 2060, 2450, 2600), (0.1, 0.1)),
    ((440,), (0.3, 8)), ((1000,), (0.2, 1)), ((1400,), (0.5, 15)), ((1004,), ()), ((425,), (0.2, 0.6)), ((700, 900), (0.1, 0.1)),
]


def sines(random, n, frequencies, twist=0.0):
    t = np.arange(n) / RATE
    x = sum(decibels(random.uniform(-twist, twist)) * np.sin(2 * np.pi * f * t + random.uniform(0, 6)) for f in frequencies)
    edge = min(n // 2, 16)
    ramp = np.ones(n)
    if random.random() < 0.7 and edge:
        ramp[:edge] = np.linspace(0, 1, edge)
        ramp[n - edge:] = np.linspace(1, 0, edge)
    return (x * ramp).astype(np.float32)


def cadence(random, n, frequencies, times):
    x = np.zeros(n, np.float32)
    if not times:
        return sines(random, n, frequencies, 3)
    position, index = int(random.uniform(0, 0.5) * RATE), 0
    while position < n:
        length = min(n - position, int(times[index % len(times)] * RATE * random.uniform(0.9, 1.1)))
        if index % 2 == 0 and length > 0:
            x[position:position + length] = sines(random, length, frequencies, 3)
        position += max(length, 1)
        index += 1
    return x


def signalling(random, n):
    """Tones of the network, keys, information tones, modems and arbitrary beeps."""
    kind = random.random()
    x = np.zeros(n, np.float32)
    if kind < 0.35:
        frequencies, times = TONES[random.integers(len(TONES))]
        return cadence(random, n, frequencies, times)
    if kind < 0.6:
        position = int(random.uniform(0, 0.6) * RATE)
        on = random.uniform(0.04, 0.3)
        while position < n:
            length = min(n - position, int(on * RATE * random.uniform(0.8, 1.2)))
            x[position:position + length] = sines(
                random, length, (random.choice(DTMF_LOW), random.choice(DTMF_HIGH)), 3)
            position += length + int(RATE * random.exponential(0.25) + 300)
        return x
    if kind < 0.72:
        position = int(random.uniform(0, 0.6) * RATE)
        while position < n:
            for frequency in (random.choice([914, 985]), random.choice([1371, 1428]), 1777):
                length = min(max(n - position, 0), int(RATE * random.choice([0.276, 0.33, 0.38])))
                x[position:position + length] = sines(random, length, (frequency,))
                position += length
            position += int(RATE * random.uniform(0.5, 3))
        return x
    if kind < 0.8:
        # A modem: keyed frequencies.
        bits = np.repeat(random.integers(0, 2, n // 27 + 1), 27)[:n]
        centre, shift = random.choice([1080, 1750, 1700]), random.choice([100, 200, 400])
        return np.sin(2 * np.pi * np.cumsum(centre + shift * (2.0 * bits - 1)) / RATE).astype(np.float32)
    if kind < 0.9:
        frequencies = random.uniform(200, 3400, random.integers(1, 5))
        times = tuple(random.uniform(0.05, 1.5, 2 * random.integers(1, 4)))
        return cadence(random, n, frequencies, times)
    # Sweeps and steps of one tone.
    steps = random.uniform(300, 3000, n // RATE + 4)
    frequency = np.repeat(steps, int(RATE * random.uniform(0.1, 1)))
    frequency = np.resize(frequency, n)
    if random.random() < 0.5:
        frequency = np.interp(np.arange(n), np.arange(0, n + RATE, RATE), steps[:len(np.arange(0, n + RATE, RATE))])
    return np.sin(2 * np.pi * np.cumsum(frequency) / RATE).astype(np.float32)


def clicks(random, n):
    x = np.zeros(n, np.float32)
    rate = random.uniform(0.3, 6)
    position = int(random.exponential(1 / rate) * RATE)
    while position < n:
        kind = random.random()
        if kind < 0.4:
            x[position] = random.choice([-1, 1])
        elif kind < 0.7:
            size = min(n - position, int(RATE * random.uniform(0.002, 0.03)))
            x[position:position + size] += random.standard_normal(size) * np.exp(-np.arange(size) / (size / 4 + 1))
        else:
            size = min(n - position, int(RATE * random.uniform(0.02, 0.4)))
            burst = coloured(random, max(size, 2), random.uniform(0, 1))[:size]
            x[position:position + size] += burst / (np.abs(burst).max() + 1e-6) * np.hanning(size) * random.uniform(0.2, 1)
        position += int(random.exponential(1 / rate) * RATE) + 1
    return x


def reverberant(random, x):
    length = int(RATE * random.uniform(0.08, 0.4))
    response = random.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    response *= decibels(random.uniform(-14, -3)) / np.sqrt((response ** 2).sum())
    response[0] = 1
    size = 1 << (len(x) + length).bit_length()
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(response, size), size)[:len(x)].astype(np.float32)


# MARK: codecs

def mu_law(x):
    """There and back, ITU-T G.711."""
    s = np.clip(np.round(x * 32768), -32635, 32635).astype(np.int32)
    sign = s < 0
    magnitude = np.abs(s) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 15
    value = ((mantissa * 2 + 33) << (exponent + 2)) - 132
    return (np.where(sign, -value, value) / 32768).astype(np.float32)


def a_law(x):
    s = np.clip(np.round(x * 4096), -4095, 4095).astype(np.int32)
    magnitude = np.abs(s)
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 1)
    value = ((magnitude >> exponent) << exponent) + (1 << (exponent - 1))
    return (np.where(s < 0, -value, value) / 4096).astype(np.float32)


def lossy(random, x):
    """Frames lost in bursts and replaced by repeats that fade, or by silence."""
    rate, burst = random.uniform(0.005, 0.12), random.uniform(1, 4)
    repeats = random.random() < 0.7
    out, run = x.copy(), 0
    period = int(random.uniform(40, 140))
    for frame in range(1, len(x) // FRAME):
        run = run + 1 if random.random() < (rate if run == 0 else 1 - 1 / burst) else 0
        if run:
            first = frame * FRAME
            if repeats:
                tail = out[max(first - period, 0):first]
                out[first:first + FRAME] = np.resize(tail, FRAME) * max(0.0, 1 - 0.2 * run)
            else:
                out[first:first + FRAME] = 0
    return out


# MARK: scenes

def speech_track(random, n, voices, density):
    """The clean speech of one clip, and the level of the talker in hand for every 10 ms hop."""
    x = np.zeros(n, np.float32)
    reference = np.full(n // 80, -20.0, np.float32)
    level = random.uniform(-40, -10)
    jumps = random.random() < 0.25
    speaker = voices[random.integers(len(voices))][0]
    own = [v for v in voices if v[0] == speaker]
    if len(own) < 3:
        own = voices
    speed = int(np.clip(random.normal(100, 8), 82, 122))
    tilt = random.uniform(-0.5, 0.5)
    position = int(RATE * random.exponential(1.0))
    while position < n:
        voice = own[random.integers(len(own))][1]
        if speed != 100:
            voice = resample_poly(voice, speed, 100).astype(np.float32)
        if abs(tilt) > 0.1:
            voice = lfilter([1, tilt], [1], voice)
        if jumps:
            level = random.uniform(-40, -10)
        voice = np.clip(scaled(voice, level) * np.sqrt(np.mean(voice ** 2) / active_power(voice)), -0.99, 0.99)
        end = min(n, position + len(voice))
        x[position:end] += voice[:end - position]
        reference[position // 80:] = level
        position = end + int(RATE * (random.exponential(density) + 0.05))
    return x, reference, level


def scene(random, seconds, voices, music_files):
    """One clip: the samples, and for every 10 ms hop the clean speech's level relative to the talker's, in dB."""
    n = int(seconds * RATE)
    if random.random() < 0.1:
        speech, reference, level = np.zeros(n, np.float32), np.full(n // 80, -20, np.float32), random.uniform(-40, -10)
    else:
        speech, reference, level = speech_track(random, n, voices, random.choice([0.3, 1.0, 2.5, 5.0]))
    clean = speech
    if random.random() < 0.15:
        speech = reverberant(random, speech)
    x = speech.copy()
    for _ in range(random.choice([0, 1, 1, 1, 2])):
        kind = random.choice(["white", "pink", "shaped", "hum", "babble", "music", "comfort"],
                             p=[0.1, 0.14, 0.13, 0.1, 0.21, 0.26, 0.06])
        ratio = random.uniform(3, 30)
        if kind == "white": y = white(random, n)
        elif kind == "pink": y = coloured(random, n, random.choice([0.5, 1.0]))
        elif kind == "shaped": y = shaped(random, n)
        elif kind == "hum": y = hum(random, n)
        elif kind == "babble": y = babble(random, n, voices)
        elif kind == "music": y = music(random, n, music_files)
        else: y, ratio = coloured(random, n, random.choice([0, 0.5])), level + random.uniform(45, 75)
        y = scaled(y, level - ratio)
        if random.random() < 0.3:
            # It comes and goes.
            gate = np.zeros(n, np.float32)
            first = random.integers(0, n)
            gate[first:first + random.integers(RATE, n)] = 1
            y = y * lfilter([0.01], [1, -0.99], gate).astype(np.float32)
        x = x + y
    active = np.repeat((clean.reshape(-1, 80) ** 2).mean(axis=1) > 1e-9, 80)
    quiet = np.convolve(active, np.ones(801), "same") == 0
    if random.random() < 0.45:
        y = scaled(signalling(random, n), random.uniform(-32, -6))
        x = x + (y * quiet if random.random() < 0.75 else scaled(y, level - random.uniform(-6, 20)))
    if random.random() < 0.35:
        # Music on hold, gone when somebody speaks, or for a stretch.
        y = scaled(music(random, n, music_files), random.uniform(-34, -8))
        if random.random() < 0.5:
            x = x + y * lfilter([0.02], [1, -0.98], quiet.astype(np.float32))
        else:
            first = random.integers(0, n // 2)
            gate = np.zeros(n, np.float32)
            gate[first:first + random.integers(RATE * 2, n // 2)] = 1
            x = np.where((gate > 0) & ~active, y, x * (1 - gate) + x * gate)
    if random.random() < 0.25:
        x = x + clicks(random, n) * decibels(random.uniform(-40, -3))
    x = x.astype(np.float32)
    if random.random() < 0.15:
        x[quiet] = 0
    if random.random() < 0.1:
        noise = scaled(coloured(random, n, 0.5), random.uniform(-70, -45))
        x = np.where(quiet, noise, x)
    if random.random() < 0.2:
        # The level jumps.
        for _ in range(random.integers(1, 4)):
            first = random.integers(0, n)
            step = random.uniform(-20, 12)
            x[first:] *= decibels(step)
            reference[first // 80:] += step
            clean = clean.copy()
            clean[first:] *= decibels(step)
    return telephone(random, x.astype(np.float32)), levels_of(clean, reference)


def waiting(random, seconds, voices, music_files):
    """Minutes of what a caller hears or sends who waits: music, seldom something else, and now and then somebody who
    speaks. The samples and levels are those of `scene`."""
    n = int(seconds * RATE)
    x, position = np.zeros(n, np.float32), 0
    while position < n:
        length = min(n - position, int(RATE * random.uniform(40, 300)))
        kind = random.random()
        if kind < 0.78: y = music(random, length, music_files)
        elif kind < 0.86: y = babble(random, length, voices)
        elif kind < 0.93: y = shaped(random, length)
        else: y = signalling(random, length)
        x[position:position + length] = scaled(y, random.uniform(-36, -8))
        position += length + int(RATE * random.choice([0.0, 0.5, 2.0]))
    speech, reference, level = np.zeros(n, np.float32), np.full(n // 80, -20, np.float32), -20.0
    if random.random() < 0.5:
        speech, reference, level = speech_track(random, n, voices, random.choice([5.0, 15.0, 40.0]))
    if random.random() < 0.6:
        # It is gone while somebody speaks.
        active = np.repeat((speech.reshape(-1, 80) ** 2).mean(axis=1) > 1e-9, 80)
        heard = np.convolve(active, np.ones(4001), "same") < 0.5
        x = x * lfilter([0.01], [1, -0.99], heard.astype(np.float32)).astype(np.float32)
    elif (power := np.mean(x ** 2)) > 0:
        x = x * min(1.0, np.sqrt(FULL_MEAN_SQUARE / power) * decibels(level - random.uniform(3, 20)))
    x = x + speech + scaled(coloured(random, n, random.choice([0, 0.5])), random.uniform(-75, -50))
    return telephone(random, x), levels_of(speech, reference)

#: The two lowest resonances of vowels of a man, in Hz.
VOWELS = np.array([(700, 1150), (320, 2200), (520, 1800), (440, 900), (320, 800), (600, 1000), (650, 1700), (390, 1990)])


def resonance(source, centres, width):
    """A resonance whose centre in Hz moves every 5 ms."""
    out, state = np.empty(len(source)), np.zeros(2)
    radius = np.exp(-np.pi * width / RATE)
    for block, centre in enumerate(centres):
        a = [1, -2 * radius * np.cos(2 * np.pi * centre / RATE), radius * radius]
        piece = slice(block * 40, block * 40 + 40)
        out[piece], state = lfilter([1 - radius], a, source[piece], zi=state)
    return out


def buzzing(random):
    """A talker as plain as can be: pulses, or a saw, through resonances that move from vowel to vowel, and hisses between
    them. Synthesisers of speech and toys sound so, and what music has in common with it, even pitch and clear harmonics,
    must not outweigh that it moves as speech does."""
    blocks = int(200 * random.uniform(0.4, 2.5))
    n = blocks * 40
    t = np.arange(n) / RATE
    syllable = t / random.uniform(0.11, 0.3) + random.uniform(0, 1)
    part, number = syllable % 1, syllable.astype(int)
    pitch = random.uniform(80, 280) * (1 - random.uniform(-0.05, 0.2) * t) * (
        1 + random.uniform(0, 0.12) * np.round(part * random.uniform(1, 8)) / 8)
    phase = np.cumsum(pitch) / RATE
    pulses = np.diff(np.floor(phase), prepend=0) * 6
    source = pulses if random.random() < 0.7 else 2 * (phase % 1) - 1
    source = source * np.minimum(1, random.uniform(4, 8) * part * (random.uniform(1.02, 1.3) - part))
    size = random.uniform(0.88, 1.25)
    hisses = (part > random.uniform(0.75, 0.9)) & (random.random(number.max() + 1) < 0.4)[number]
    source = np.where(hisses, random.uniform(0.1, 0.8) * (random.random(n) - 0.5), source)
    path = VOWELS[random.integers(0, len(VOWELS), number.max() + 2)] * size
    at = slice(0, n, 40)
    glide = path[number[at]] + (path[number[at] + 1] - path[number[at]]) * part[at, None]
    second = np.where(hisses[at], random.uniform(2600, 3500), glide[:, 1])
    x = resonance(source, glide[:, 0], random.uniform(60, 130)) + random.uniform(0.3, 0.8) * resonance(
        source, second, random.uniform(90, 200))
    if random.random() < 0.5:
        x = x + random.uniform(0.1, 0.4) * resonance(source, np.full(blocks, 2500 * size), 200)
    return x.astype(np.float32)


def onsets(random, seconds, voices, music_files):
    """Beginnings of speech, one after the other, of many voices on a line on which there is silence, a steady noise or the
    talk of others: what a caller sends who interrupts a prompt. The samples and levels are those of `scene`."""
    n = int(seconds * RATE)
    x, reference = np.zeros(n, np.float32), np.full(n // 80, -20.0, np.float32)
    level, plain = random.uniform(-36, -10), random.random() < 0.3
    position = int(RATE * random.uniform(0.3, 3))
    while position < n:
        voice = buzzing(random) if plain else voices[random.integers(len(voices))][1]
        length = min(len(voice), n - position, int(RATE * random.uniform(0.4, 3)))
        voice = scaled(voice, level) * np.sqrt(np.mean(voice ** 2) / active_power(voice))
        fade = min(length, 80)
        voice = np.clip(voice[:length], -0.99, 0.99)
        voice[length - fade:] *= np.linspace(1, 0, fade)
        x[position:position + length] += voice
        reference[position // 80:] = level
        position += length + int(RATE * (random.exponential(1.2) + 0.3))
    clean, ratio = x, random.uniform(8, 30)
    kind = random.choice(["silence", "white", "pink", "shaped", "hum", "babble", "music"],
                         p=[0.15, 0.25, 0.15, 0.15, 0.06, 0.18, 0.06])
    if kind == "white": y = white(random, n)
    elif kind == "pink": y = coloured(random, n, random.choice([0.5, 1.0]))
    elif kind == "shaped": y = shaped(random, n)
    elif kind == "hum": y = hum(random, n)
    elif kind == "babble": y = babble(random, n, voices)
    elif kind == "music": y = music(random, n, music_files)
    else: y = np.zeros(n, np.float32)
    x = x + scaled(y, level - ratio)
    if random.random() < 0.8:
        x = x + scaled(coloured(random, n, random.choice([0, 0.5])), random.uniform(-75, -50))
    return telephone(random, x.astype(np.float32)), levels_of(clean, reference)


def telephone(random, x):
    """What arrives through a line and a codec."""
    if random.random() < 0.4:
        sos = butter(2, [random.uniform(60, 350), random.uniform(3000, 3900)], "band", fs=RATE, output="sos")
        x = sosfilt(sos, x).astype(np.float32)
    if random.random() < 0.15:
        x = lossy(random, x)
    x = np.clip(x, -0.999, 0.999)
    codec = random.random()
    return mu_law(x) if codec < 0.7 else a_law(x) if codec < 0.85 else np.round(x * 32768).astype(np.float32) / 32768


def levels_of(clean, reference):
    """For every 10 ms hop the clean speech's level relative to the talker's, in dB."""
    hops = (clean[:len(clean) // 80 * 80].reshape(-1, 80) ** 2).mean(axis=1)
    relative = 10 * np.log10(hops / FULL_MEAN_SQUARE + 1e-12) - reference
    return np.where(hops > 1e-10, relative, -120).astype(np.float32)
