"""F3, F4: killed at a named point while a hub pushes: what was taken is there once, and what was not
is pushed again.

limit: 300
"""
import here  # noqa: F401
import wait
from hub import Hub
from mill import BUILD, SLOWNESS
from promise import Skip, promise, run
from published import ATOM, Published, await_items, begin, feed

POINTS = ("pushed", "db.commit", "db.committed", "db.marked")


@promise
def the_fetcher_killed_at_any_point_of_a_push_has_it_once():
    if "crash" not in BUILD:
        raise Skip("not a build of FLAVOUR=crash: make faults")
    with Published(hub=Hub()) as (mill, _, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])
        last = 2
        for point in POINTS:
            for hit in (1, 3):
                mill.kill("fetcher@main")
                mill.start("fetcher@main", {"FEEDMILL_CRASH": f"{point}:{hit}"}, ready=False)
                process = mill.daemons["fetcher@main"]

                def dead():
                    nonlocal last
                    if process.poll() is not None:
                        return True
                    try:
                        taken = hub.push(url, feed([last, last + 1]), ATOM) == 200
                    except OSError:  # it has just died, or is not up yet
                        taken = False
                    last += taken
                    return False

                wait.until(dead, f"it dies at {point}:{hit}", 60 * SLOWNESS)
                del mill.daemons["fetcher@main"]
                mill.start("fetcher@main")
                hub.push_until_taken(url, feed([last, last + 1]), ATOM)
                last += 1
                await_items(mill, range(1, last + 1))
        mill.stop_all()


if __name__ == "__main__":
    run()
