"""The features of the speech detector, as `Sources/FrontEnd/SpeechFeatures.swift` computes them.

A frame is 160 samples at 8 kHz. Two windows of 256 samples end in its middle and at its end. All arithmetic is float32.
"""

import numpy as np

FRAME, HOP, WINDOW = 160, 80, 256
RISE = 192
#: First bins of the bands, and the end of the last.
EDGES = np.array([2, 4, 6, 8, 10, 12, 14, 16, 19, 22, 26, 30, 35, 41, 48, 56, 65, 75, 87, 101, 118])
BANDS = len(EDGES) - 1
#: First bins of the regions for tonality and flux, and the end of the last.
REGIONS = np.array([4, 16, 40, 72, 112])
FEATURES = 80
#: Power in a bin below which nothing is heard.
LEAST_POWER = np.float32(1e-5)
LAGS = np.arange(5, 34)


def window():
    n = np.arange(WINDOW)
    rise = 0.5 - 0.5 * np.cos(np.pi * (n + 0.5) / RISE)
    fall = 0.5 + 0.5 * np.cos(np.pi * (n - RISE + 0.5) / (WINDOW - RISE))
    return np.where(n < RISE, rise, fall).astype(np.float32)


def spectra(samples):
    """Power in bins 0...127 of the two windows of every frame: (clips, frames, 2, 128)."""
    clips, length = samples.shape
    frames = length // FRAME
    padded = np.concatenate([np.zeros((clips, WINDOW - HOP), np.float32), samples], axis=1)
    strides = padded.strides
    windows = np.lib.stride_tricks.as_strided(
        padded, (clips, frames * 2, WINDOW), (strides[0], strides[1] * HOP, strides[1]))
    out = np.empty((clips, frames * 2, 128), np.float32)
    shape = window()
    for clip in range(clips):
        spectrum = np.fft.rfft(windows[clip] * shape, axis=1)[:, :128]
        out[clip] = spectrum.real ** 2 + spectrum.imag ** 2
    return out.reshape(clips, frames, 2, 128)


def periodicity(samples):
    """The highest normalised autocorrelation at 2 kHz over 32 ms between 60 and 400 Hz, and its lag."""
    clips, length = samples.shape
    frames = length // FRAME
    slow = samples.reshape(clips, -1, 4).sum(axis=2)
    padded = np.concatenate([np.zeros((clips, 64 + 40 - 40), np.float32), slow], axis=1)
    strides = padded.strides
    # The last 104 samples at the end of each frame.
    windows = np.lib.stride_tricks.as_strided(
        padded, (clips, frames, 104), (strides[0], strides[1] * 40, strides[1]))
    recent = windows[:, :, 40:]
    energy = (recent ** 2).sum(axis=2) + np.float32(1e-4)
    values = np.empty((clips, frames, len(LAGS)), np.float32)
    for index, lag in enumerate(LAGS):
        past = windows[:, :, 40 - lag:104 - lag]
        past_energy = (past ** 2).sum(axis=2) + np.float32(1e-4)
        values[:, :, index] = (recent * past).sum(axis=2) / np.sqrt(energy * past_energy)
    best = values.argmax(axis=2)
    return np.take_along_axis(values, best[:, :, None], axis=2)[:, :, 0], best.astype(np.float32) / len(LAGS)


def features(samples):
    """Samples (clips, n) in full scale 1, n a multiple of 160, to (clips, n / 160, 80)."""
    power = spectra(samples)
    clips, frames = power.shape[:2]
    bands = np.add.reduceat(power[..., :EDGES[-1]], EDGES[:-1], axis=-1)
    energies = np.log2(bands + LEAST_POWER)
    mean = (energies[:, :, 0] + energies[:, :, 1]) * np.float32(0.5)
    level = np.log2(bands.sum(axis=-1) + LEAST_POWER).max(axis=2)
    floor = np.empty_like(mean)
    peak = np.empty_like(level)
    low, high = mean[:, 0].copy(), level[:, 0].copy()
    for frame in range(frames):
        now, loud = mean[:, frame], level[:, frame]
        difference = now - low
        low = low + np.where(difference < 0, np.float32(0.2) * difference, np.minimum(difference, np.float32(0.02)))
        high = np.where(loud > high, high + np.float32(0.5) * (loud - high), high - np.float32(0.01))
        floor[:, frame], peak[:, frame] = low, high
    out = np.zeros((clips, frames, FEATURES), np.float32)
    out[..., 0:20] = (mean - peak[..., None]) * np.float32(0.2) + np.float32(1)
    out[..., 20:40] = (mean - floor) * np.float32(0.2)
    out[..., 40:60] = (energies[:, :, 1] - energies[:, :, 0]) * np.float32(0.3)
    out[..., 60] = level * np.float32(0.125)
    out[..., 61] = (level - peak) * np.float32(0.2) + np.float32(1)
    logarithms = np.log2(power + LEAST_POWER)
    magnitude = np.sqrt(power[:, :, 1])
    past = [np.concatenate([np.zeros((clips, lag, 128), np.float32), magnitude[:, :-lag]], axis=1) for lag in (1, 2)]
    for region in range(4):
        first, end = REGIONS[region], REGIONS[region + 1]
        average = np.log2(power[..., first:end].mean(axis=-1) + LEAST_POWER) - logarithms[..., first:end].mean(axis=-1)
        out[..., 62 + region] = average.mean(axis=2) * np.float32(0.3)
        for index, old in enumerate(past):
            new_part, old_part = magnitude[..., first:end], old[..., first:end]
            total = (new_part + old_part).sum(axis=-1) + np.float32(0.01)
            out[..., 66 + 4 * index + region] = np.abs(new_part - old_part).sum(axis=-1) / total
    out[..., 74], out[..., 75] = periodicity(samples)
    total = bands.sum(axis=-1) + LEAST_POWER
    out[..., 76:78] = np.sqrt(power[..., 2:118].max(axis=-1) / total)
    return out
