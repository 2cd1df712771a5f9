"""Many calls: one final outcome per row, whatever happens in between.

    rows      folders, globs, manifests → Row: what there is to do
    run       the runner: resumes, shares equal recordings, scores again, stops in time
    pool      processes that prepare, processes that recognise; who dies or hangs is isolated
    store     results and calls as Parquet parts: whole or not there, newest wins
    export    tables for people; forget: removal on request; layout: how many processes; ray: many machines

Nothing here is imported by `import qa_speech`.
"""
