import Glibc

// The functions of the C library that are used when something is set up. They are given names of their own, so that no
// file of a pure target imports the C library with all that is in it.

func sine(_ angle: Double) -> Double { sin(angle) }
func cosine(_ angle: Double) -> Double { cos(angle) }
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
func logarithm10(_ value: Double) -> Double { log10(value) }
