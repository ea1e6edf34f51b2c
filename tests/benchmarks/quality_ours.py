"""Our side of ``quality``, in a process of its own: ``quality_ours DOCUMENT ROWS ANSWERS``."""

import sys
from pathlib import Path

from compute.document import load
from compute.engines import open_engine
from compute.fitting import fit
from compute.predict import predict_file

if __name__ == "__main__":
    document, rows, answers = map(Path, sys.argv[1:])
    network = load(document)
    engine, _why = open_engine("opencl")
    fit(network, engine)
    predict_file(network, rows, answers)
