import Glibc

// The functions of the C library that set tables up, under names of their own, so that no other file of this target
// imports the C library with all that is in it.

func sine(_ angle: Double) -> Double { sin(angle) }
func cosine(_ angle: Double) -> Double { cos(angle) }
func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
func logarithm10(_ value: Double) -> Double { log10(value) }
func exponential(_ value: Double) -> Double { exp(value) }

func sine(_ angle: Float) -> Float { sinf(angle) }
func cosine(_ angle: Float) -> Float { cosf(angle) }
