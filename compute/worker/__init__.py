"""Computing beside whoever asks: one open document, one thread that owns the device, commands in and snapshots out."""
