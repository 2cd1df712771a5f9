"""The review desk: a web page on which inspectors hear calls, agree or correct, and write why; with accounts (extra `desk`)."""
