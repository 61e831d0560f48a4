"""How far one photograph's numbers may lie apart, by what computes them: docs/providers.md."""

from __future__ import annotations

# z = mean(E) + b and every cell of its maps, float32 by any provider: the order of sums differs.
FP32 = 1e-4
# Change in p_high, its 99th percentile: eight bits of mantissa through some fifty layers. Single z
# move by up to 0.6.
BF16 = 0.05
# |mean(E) + b - logit| of an int8 model, whose heads are float32.
INT8_IDENTITY = 1e-5
# z of the single file (docs/web.md): WebAssembly sums in another order than the CPU provider.
BROWSER_FP32 = 1e-4
# Colours brought to sRGB by the browser rather than by LittleCMS, and what is half transparent.
BROWSER_COLOUR = 3e-2
# JPEGs that libjpeg decodes at reduced scale: the browser decodes them in full, and the same means
# of blocks are rounded to whole levels elsewhere.
BROWSER_REDUCED = 4e-2
