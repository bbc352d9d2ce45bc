"""Captured output of programs that close descriptors."""

import subprocess


def run(words):
    return subprocess.run(words, capture_output=True, check=False, timeout=60)


def test_whoever_closes_the_output_is_not_told_that_it_was_killed(script, out):
    done = run(
        script("""
        with capture("fd", out):
            os.write(1, b"before\\n")
            os.close(1)
            os.close(2)
            import threading
            (watching,) = [t for t in threading.enumerate() if t.name == "forge-pump"]
            watching.join()
        print("after")
        """)
    )
    assert done.stdout == b"before\nafter\n"
    assert done.stderr == b""


def test_a_program_may_close_all_descriptors(script, out):
    done = run(
        script("""
        with capture("fd", out):
            os.closerange(3, 4096)
            print("still kept", flush=True)
            # So many that they get the numbers that the capture had.
            mine = [open(f"{out}.{i}", "w") for i in range(100)]
            time.sleep(0.1)
        for i, file in enumerate(mine):
            print(i, file=file, flush=True)
        """)
    )
    assert done.returncode == 0
    assert done.stdout == b"still kept\n"
    assert done.stderr == b""
    for i in range(100):
        assert out.with_name(f"{out.name}.{i}").read_text() == f"{i}\n"
    assert out.read_bytes() == b"still kept\n"


def test_with_too_few_descriptors_the_streams_are_captured(script, out, message):
    done = run(
        script("""
        import resource
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, most))
        with capture("fd", out):
            print("python")
            os.system("echo child")
        """)
    )
    assert sorted(done.stdout.split()) == [b"child", b"python"]
    message("capture-only-streams", done.stderr.decode().rstrip())
    assert out.read_bytes() == done.stderr + b"python\n"
