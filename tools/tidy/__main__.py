"""python3 tools/tidy [RULE...]: prints what breaks a rule; status 1 when something does."""
import pathlib
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))
import tidy  # noqa: E402


def main():
    unknown = [rule for rule in sys.argv[1:] if rule not in tidy.RULES]
    if unknown:
        sys.exit(f"unknown rule {unknown[0]}; there are {', '.join(tidy.RULES)}")
    broken = 0
    for rule, findings in tidy.check(PROJECT, sys.argv[1:]).items():
        broken += len(findings)
        for sentence in findings:
            print(f"{rule}: {sentence}")
    print(f"{broken} findings")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
