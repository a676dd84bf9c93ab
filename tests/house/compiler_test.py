"""g++ <= 13 is refused when CMake configures, with the reason."""
import pathlib
import shutil
import subprocess
import tempfile

import tap

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def configure(compiler, c_compiler):
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            ["cmake", "-S", str(PROJECT), "-B", scratch, "-G", "Ninja",
             f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_C_COMPILER={c_compiler}"],
            capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, " ".join((done.stdout + done.stderr).split())


def old_gpp():
    """A g++ of this machine that must be refused, or None."""
    for name in ("g++", "g++-12", "g++-13", "g++-11"):
        path = shutil.which(name)
        if path:
            major = subprocess.run([path, "-dumpversion"], capture_output=True, text=True,
                                   check=True).stdout.split(".")[0]
            if int(major) <= 13:
                return path
    return None


def module_says(identity, version):
    """What cmake/Compiler.cmake says about a compiler of that name and version."""
    with tempfile.TemporaryDirectory() as scratch:
        script = pathlib.Path(scratch) / "ask.cmake"
        script.write_text(f'set(CMAKE_CXX_COMPILER x)\nset(CMAKE_CXX_COMPILER_ID {identity})\n'
                          f"set(CMAKE_CXX_COMPILER_VERSION {version})\n"
                          f"include({PROJECT}/cmake/Compiler.cmake)\nposthouse_check_compiler()\n")
        done = subprocess.run(["cmake", "-P", str(script)], capture_output=True, text=True,
                              check=False)
        return done.returncode, " ".join(done.stderr.split())


def main():
    for version in ("11.4.0", "12.2.0", "13.3.0"):
        with tap.check(f"g++ {version} is refused, and told why"):
            status, said = module_says("GNU", version)
            tap.true(status != 0, "CMake went on")
            tap.contains(said, "miscompile")
            tap.contains(said, "clang-19")
            tap.contains(said, "docs/decisions/0001-compiler.md")
    for identity, version in (("GNU", "14.1.0"), ("Clang", "19.1.7")):
        with tap.check(f"{identity} {version} is accepted"):
            tap.equal(module_says(identity, version), (0, ""))
    with tap.check("clang 18 is refused"):
        tap.true(module_says("Clang", "18.1.0")[0] != 0, "CMake went on")
    old = old_gpp()
    if not old:
        tap.skip("no g++ <= 13 is on this machine to configure with")
    else:
        with tap.check("configuring with this machine's old g++ stops with that message"):
            status, said = configure(old, old.replace("g++", "gcc"))
            tap.true(status != 0, "CMake went on")
            tap.contains(said, "miscompile C++20 coroutines")
    tap.done()


main()
