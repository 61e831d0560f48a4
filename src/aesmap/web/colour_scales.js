// The colours of maps, written down once: JavaScript imports them, and Python (explain/overlay.py) reads the same
// lines as JSON. pigments: sRGB. limits: log-odds of full colour, the same for all pictures. bend: opacity is
// asinh(bend * |E| / limit) / asinh(bend). uncolouredEdge: how wide the soft edge around a face is,
// which has no colour, in parts of the root of its area. The rest is how a photograph looks under a map.
export const COLOUR_SCALES = {
  "pigments": {
    "speaksFor": [220, 113, 0],
    "weighsAgainst": [67, 147, 244],
    "attribute": [177, 113, 221],
    "aboveMean": [123, 162, 4],
    "belowMean": [210, 100, 178]
  },
  "limits": { "evidence": 18, "within": 9, "attribute": 9 },
  "bend": 9,
  "uncolouredEdge": 0.35,
  "groundBlack": 0.16,
  "groundWhite": 0.86,
  "pigmentShadow": 0.55,
  "pigmentHighlight": 0.45,
  "luma": [0.2126, 0.7152, 0.0722]
};
