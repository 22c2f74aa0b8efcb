import os
import tempfile

# torchvision makes torch create a folder for compiled kernels as it is imported. Nothing is compiled here, so it is
# given one that is there already: an analysis leaves nothing behind.
os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
