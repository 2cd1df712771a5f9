"""Many calls: one final outcome per row, whatever happens in between.

    plan        rows of work → what a run has to do, and what that will take
    work        what is to be done for each row, held against what is stored; cards: by which scorecard
    run         the runner: resumes, scores again, stops in time
    sharing     equal recordings are recognised once
    journal     what a run tells while it works, and its log
    state       what a run remembers between sessions
    layout      how many processes do what, measured; factory: what makes their recogniser; start: brings them up
    jobs        what the runner hands to whoever does the work, and how that is set up
    pool        processes that prepare, processes that recognise; who dies or hangs is isolated
    backlog     windows that wait for a recogniser
    process     one child as its driver sees it; messages: what they say to each other
    child       the first lines of a child process; worker and recogniser: what it does then
    inline      the pool for one process
    shards      rows cut for many machines; node: what each of them does; crew and ray: their driver
    change      what a run was made with, and whether it may be changed
    compare     two scorecards over the calls of a run or folder, in several processes
    annotate    fresh text annotations for the calls of a run

Nothing here is imported by `import qa_speech`.
"""
