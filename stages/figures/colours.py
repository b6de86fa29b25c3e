"""Colours of the Okabe-Ito palette (and a grey), which colour-blind readers tell apart."""

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
