"""The application: window, player, composer and library around the music of models."""

import os

# One thread for numpy's products in every process of ours: more cost more than they bring at this size, where another
# process plays music or paints. It has to be said before numpy is first imported; children inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
