"""Protected files and releases: selecting, packing, delivering."""
