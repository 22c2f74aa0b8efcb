"""Names that the command line must know before anything heavy is loaded."""

SYSTEM_NAMES = ("3dpalsynet", "dem", "phcnn-lstm", "fusion", "integrated")
DATASET_NAMES = ("CK+", "DISFA", "DISFA+", "YFP", "MEEI", "clinic", "synthetic")
PROTOCOL_NAMES = ("loso", "kfold", "holdout")
