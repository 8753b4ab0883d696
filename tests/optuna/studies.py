"""Makes study databases with the real Optuna, and says what Optuna itself reads from them.

    studies.py make FILE KIND…   makes a study of each kind and prints, as JSON, what Optuna says of all in the file
    studies.py write FILE        optimises until stdin ends; a line per trial, and at the end what `make` prints
"""

import json
import random
import sys
import threading
import warnings

import optuna
import sqlalchemy
from optuna.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")

STATES = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
    "running": TrialState.RUNNING,
    "waiting": TrialState.WAITING,
}


def create(file, name, directions, sampler=None):
    sampler = sampler or optuna.samplers.RandomSampler(seed=7)
    return optuna.create_study(storage=f"sqlite:///{file}", study_name=name, directions=directions, sampler=sampler)


def plain(file, name="plain"):
    """One objective; trials of every state, a choice of every type."""

    def objective(trial):
        x = trial.suggest_float("x", -5, 5)
        trial.suggest_int("ribs", 2, 8)
        trial.suggest_categorical("material", ["steel", "al'u\n", None, 3, 2.5, True])
        trial.set_user_attr("mass", x * 2)
        trial.report(float("nan"), 1)
        trial.report(float("inf"), 2)
        if trial.number % 7 == 3:
            raise optuna.TrialPruned()
        if trial.number % 7 == 5:
            raise ValueError("no mesh")
        return float("nan") if trial.number == 6 else x

    study = create(file, name, ["maximize"])
    study.optimize(objective, n_trials=24, catch=(ValueError,))
    study.ask()
    study.enqueue_trial({"x": 1.0})
    study.enqueue_trial({"x": 2.0})


def infinite(file):
    """The best value there is is infinite."""
    study = create(file, "infinite", ["minimize"])
    for value in [3.0, float("-inf"), float("inf"), 1.0]:
        study.optimize(lambda trial, value=value: value, n_trials=1)


def constrained(file):
    """One objective; constraints as Optuna has them since version 5. The best values are not feasible."""

    def objective(trial):
        x = trial.suggest_float("x", 0, 10)
        trial.set_constraint("stress", 4 - x)
        trial.set_constraint("mass", x - 9)
        return x

    create(file, "constrained", ["minimize"]).optimize(objective, n_trials=30)


def old_constraints(file):
    """Constraints as Optuna had them before."""

    def objective(trial):
        return trial.suggest_float("x", 0, 10), trial.suggest_float("y", 0, 10)

    sampler = optuna.samplers.NSGAIISampler(
        seed=7, constraints_func=lambda trial: (trial.params["x"] - 5, 2 - trial.params["y"])
    )
    study = create(file, "old constraints", ["minimize", "maximize"], sampler)
    study.optimize(objective, n_trials=40)


def hopeless(file):
    """No trial is feasible."""

    def objective(trial):
        trial.set_constraint("c", 1.0)
        return trial.suggest_float("x", 0, 1)

    create(file, "hopeless", ["minimize"]).optimize(objective, n_trials=3)


def multi(file, objectives, trials=60):
    """Several objectives, with ties and infinities."""
    chance = random.Random(objectives)
    study = create(file, f"{objectives} objectives", [chance.choice(["minimize", "maximize"]) for _ in range(objectives)])

    def objective(trial):
        trial.suggest_float("x", 0, 1)
        if trial.number % 9 == 4:
            raise optuna.TrialPruned()
        return tuple(chance.choice([0.0, 1.0, 2.0, 3.0, 4.5, float("inf"), float("-inf")]) for _ in range(objectives))

    study.optimize(objective, n_trials=trials)


def empty(file):
    """Nothing has run yet."""
    create(file, "empty", ["minimize"])


KINDS = {
    "plain": plain,
    "infinite": infinite,
    "constrained": constrained,
    "old-constraints": old_constraints,
    "hopeless": hopeless,
    "two": lambda file: multi(file, 2),
    "three": lambda file: multi(file, 3),
    "four": lambda file: multi(file, 4),
    "empty": empty,
}


def told_of_trial(trial):
    values = [str(value) for value in trial.values]
    return {"number": trial.number, "values": values, "params": trial.params, "attributes": trial.user_attrs}


def told_of(study):
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    infeasible = sum(any(value > 0 for value in trial.constraints.values()) for trial in complete)
    is_constrained = any(trial.constraints for trial in complete)
    try:
        best = study.best_trials if len(study.directions) > 1 else [study.best_trial]
    except ValueError:
        best = []
    return {
        "name": study.study_name,
        "directions": [direction.name.lower() for direction in study.directions],
        "counts": {name: sum(trial.state == state for trial in trials) for name, state in STATES.items()},
        "infeasible": infeasible if is_constrained else None,
        "best": [told_of_trial(trial) for trial in best],
    }


def told(file):
    storage = optuna.storages.RDBStorage(f"sqlite:///{file}")
    names = [study.study_name for study in sorted(storage.get_all_studies(), key=lambda study: study._study_id)]
    return json.dumps([told_of(optuna.load_study(study_name=name, storage=storage)) for name in names])


def write(file):
    """Optimises in the background of whoever holds our stdin."""
    study = create(file, "live", ["minimize"])

    stopping = threading.Event()

    def wait_for_end_of_stdin():
        sys.stdin.read()
        stopping.set()

    threading.Thread(target=wait_for_end_of_stdin, daemon=True).start()

    def objective(trial):
        print(trial.number, flush=True)
        return trial.suggest_float("x", 0, 1)

    study.optimize(objective, callbacks=[lambda study, _: study.stop() if stopping.is_set() else None])
    print(told(file), flush=True)


if __name__ == "__main__":
    command, file, *kinds = sys.argv[1:]
    if command == "write":
        write(file)
    else:
        # Nobody reads it meanwhile, and no power failure is to be survived.
        sqlalchemy.event.listen(
            sqlalchemy.engine.Engine, "connect", lambda db, _: db.execute("PRAGMA synchronous = off").close()
        )
        for kind in kinds:
            KINDS[kind](file)
        print(told(file))
