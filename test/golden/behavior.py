#!/usr/bin/env python3
"""An independent implementation of the `behavior` feature set, in double precision and plain Python, from its description:
sessions, windows, predictive distributions, rarities, population. Makes behavior.golden.json beside it.

usage: python3 behavior.py      (Python 3.11; no packages)

Written from the docstrings of src/baseline and src/features, not translated from their code: lists per user with explicit
weights instead of running moments, session objects instead of counters. Choices are fewer than what a baseline remembers.
"""
import json, math, os, random

TYPES = ['login', 'logout', 'view', 'click', 'download']
WINDOWS = [60, 600, 3600]
KERNEL = {0: .3, 1: .22, -1: .22, 2: .13, -2: .13}
QUANTITIES = ['session_duration', 'events_in_session', 'pace', 'rate_1m', 'rate_10m', 'rate_1h']
LEAST = dict(session_duration=.3, events_in_session=.3, pace=.3, rate_1m=.7, rate_10m=.7, rate_1h=.7)
ASSUMED = dict(session_duration=(5, 2), events_in_session=(1.5, 1), pace=(-3.5, 1), rate_1m=(1, 1), rate_10m=(1, 1), rate_1h=(1, 1))
CATEGORIES = dict(hour=24, weekday=7, event_type=5, device=2)


def make_log(rng):
    """Sessions of a few users, most with times and derived sessions, some with sessions of their own, some without times."""
    log = []
    for u in range(8):
        t = 1767571200000 + rng.randrange(86400000)
        for s in range(rng.randrange(9, 16)):
            t += int(rng.expovariate(1 / 30e6)) + 2_000_000
            start, mobile = t, rng.random() < .3
            for k in range(rng.randrange(1, 9)):
                if k: t += int(rng.lognormvariate(3.2, .8) * 1000)
                e = dict(user_id=f'u{u}', event_type='login' if k == 0 else rng.choice(TYPES[1:]), device_type='mobile' if mobile else 'desktop')
                hour, day = t // 3600000 % 24, (t // 86400000 + 3) % 7
                if u < 5: e['timestamp'] = t
                if u == 4: e.update(session_duration_sec=(t - start) / 1000, events_in_session=k + 1)
                if u in (5, 6): e.update(session_duration_sec=(t - start) / 1000, events_in_session=k + 1)
                if u == 7: e.update(session_duration_sec=round(rng.lognormvariate(6, 1), 3), events_in_session=rng.randrange(1, 40))
                e.update(hour_of_day=hour, day_of_week=day)
                log.append((t, e))
    for k in range(40):  # a burst, so that rates surprise too
        b = t + 50_000_000 + k * 900
        log.append((b, dict(user_id='u1', event_type='download', device_type='mobile', timestamp=b, hour_of_day=b // 3600000 % 24, day_of_week=(b // 86400000 + 3) % 7)))
    for k in range(50):  # a session that goes on and on
        b = t + 90_000_000 + k * 600_000
        log.append((b, dict(user_id='u2', event_type='view', device_type='desktop', timestamp=b, hour_of_day=b // 3600000 % 24, day_of_week=(b // 86400000 + 3) % 7)))
    log.sort(key=lambda pair: pair[0])
    return [e for _, e in log]


class User:
    def __init__(self):
        self.peaks = {q: [] for q in QUANTITIES}   # of the sessions that ended
        self.counts = {c: [0] * n for c, n in CATEGORIES.items()}
        self.session = None
        self.events = []                            # times, for the windows
        self.run = 0.0                              # surprise of the event types of the session, beyond the ordinary
        self.last = None                            # (time, events in session, duration, timed)

    def facts(self, e):
        t = e.get('timestamp'); last = self.last
        given = 'events_in_session' in e
        silence = t - last[0] if t is not None and last is not None and last[3] else None
        if given:
            n, d = e['events_in_session'], e['session_duration_sec']
            goes_on = last is not None and n == last[1] + 1 and d >= last[2]
        else:
            goes_on = silence is not None and silence <= 30 * 60000
            n = last[1] + 1 if goes_on else 1
            d = (t - self.session['start']) / 1000 if goes_on else 0
        value = dict(session_duration=math.log1p(d), events_in_session=math.log(n), pace=math.log((n - .5) / (d + 30)))
        if t is not None:
            for name, w in zip(QUANTITIES[3:], WINDOWS):
                value[name] = math.log(1 + sum(math.exp(-(t - s) / 1000 / w) for s in self.events))
        choice = dict(hour=e['hour_of_day'], weekday=e['day_of_week'], event_type=TYPES.index(e['event_type']), device=int(e['device_type'] == 'mobile'))
        return n, d, goes_on, value, choice

    def learn(self, e, population):
        n, d, goes_on, value, choice = self.facts(e)
        longer = goes_on and d // 3600 > self.last[2] // 3600
        if self.session and (longer or not goes_on):
            for q, peak in self.session['peaks'].items():
                mean, spread = predict(self, q, population)
                self.peaks[q].append(min(mean + 3 * spread, max(mean - 3 * spread, peak)))
            for c in ('hour', 'weekday', 'device'):
                for i in self.session['choices'][c]: self.counts[c][i] += 1
                self.session['choices'][c] = set()
        if not goes_on or not self.session:
            self.session = dict(start=e.get('timestamp'), peaks=dict(value), choices={c: {choice[c]} for c in ('hour', 'weekday', 'device')})
        else:
            for q, v in value.items(): self.session['peaks'][q] = max(self.session['peaks'][q], v)
            for c in ('hour', 'weekday', 'device'): self.session['choices'][c].add(choice[c])
        self.run = type_run(self, goes_on, choice['event_type'], population)
        self.counts['event_type'][choice['event_type']] += min(1, math.exp(3 - self.run))
        if e.get('timestamp') is not None: self.events.append(e['timestamp'])
        self.last = (e.get('timestamp'), n, d, e.get('timestamp') is not None)


MEMORY = 20


def weights(n):
    """Of n sessions in order: equal while they are few, then the newest weighs 1/MEMORY and the others fade."""
    ws = []
    for i in range(1, n + 1):
        w = 1 / min(i, MEMORY)
        ws = [x * (1 - w) for x in ws] + [w]
    return ws


def mean_of(xs):
    return sum(w * x for w, x in zip(weights(len(xs)), xs))


def variance(xs):
    """Half the mean squared difference from one session to the next (von Neumann 1941)."""
    steps = [0] + [b - a for a, b in zip(xs, xs[1:])]
    return sum(w * d * d / 2 for w, d in zip(weights(len(xs)), steps))


def known(xs):
    return min(MEMORY, len(xs))


def predict(user, q, population):
    m0, v0, k, nu = population['quantities'][q]
    xs = user.peaks[q]; n = known(xs)
    mean = (n * mean_of(xs) + k * m0) / (n + k)
    v = ((n * variance(xs) if n else 0) + nu * v0) / (n + nu)
    return mean, max(LEAST[q], math.sqrt(v * (1 + 1 / (n + k))))


def smooth(counts, c, i):
    if c != 'hour': return counts[i]
    return sum(w * counts[(i + j) % 24] for j, w in KERNEL.items())


def probability(user, c, i, population):
    strength, p = population['categories'][c]
    return (smooth(user.counts[c], c, i) + strength * p[i]) / (sum(user.counts[c]) + strength)


def type_run(user, goes_on, i, population):
    ps = [probability(user, 'event_type', j, population) for j in range(5)]
    return min(11, max(0, (user.run if goes_on else 0) + math.log(max(ps) / ps[i]) - 1))


def features(user, e, population):
    _, _, goes_on, value, choice = user.facts(e)
    out = []
    for q in QUANTITIES:
        if q not in value: out.append(0.0); continue
        mean, spread = predict(user, q, population)
        out.append(max(0, (value[q] - mean) / spread) ** 2 / 2)
    for c, n in CATEGORIES.items():
        ps = [probability(user, c, i, population) for i in range(n)]
        out.append(math.log(max(ps) / ps[choice[c]]))
    out = [min(11, max(0, nats - 1)) for nats in out]
    out[8] = type_run(user, goes_on, choice['event_type'], population)
    return out + [max(out)]


def assumed():
    return dict(quantities={q: (*ASSUMED[q], .5, 2) for q in QUANTITIES}, categories={c: (4, [1 / n] * n) for c, n in CATEGORIES.items()})


def learn_population(users):
    population = assumed()
    users = [u for u in users if len(u.peaks['pace']) >= 5]
    for q in QUANTITIES:
        seen = [u.peaks[q] for u in users if len(u.peaks[q]) >= 5]
        clamp = lambda x, lo, hi: min(hi, max(lo, x))
        av = lambda f: sum(map(f, seen)) / len(seen)
        s2 = lambda xs: max(variance(xs) * known(xs) / (known(xs) - 1), 1e-6)
        mean = av(mean_of); within = av(s2)
        between = av(lambda xs: (mean_of(xs) - mean) ** 2) - av(lambda xs: s2(xs) / known(xs))
        logs = av(lambda xs: math.log(s2(xs)))
        scatter = av(lambda xs: (math.log(s2(xs)) - logs) ** 2 - 2 / (known(xs) - 1))
        population['quantities'][q] = (mean, within, clamp(within / max(between, 1e-9), .1, 30), clamp(2 / max(scatter, .05), 2, 40))
    for c, n in CATEGORIES.items():
        pool = [1 / n + sum(smooth(u.counts[c], c, i) / sum(u.counts[c]) for u in users) for i in range(n)]
        p = [x / (len(users) + 1) for x in pool]
        def likelihood(strength):
            total = 0
            for u in users:
                for i, count in enumerate(u.counts[c]):
                    if count:
                        others = list(u.counts[c]); others[i] -= 1
                        total += count / sum(u.counts[c]) * math.log((smooth(others, c, i) + strength * p[i]) / (sum(others) + strength))
            return total
        population['categories'][c] = (max((2 ** (i / 2 - 2) for i in range(17)), key=likelihood), p)
    return population


def replay(log, population):
    users, rows = {}, []
    for e in log:
        user = users.setdefault(e['user_id'], User())
        rows.append(features(user, e, population))
        user.learn(e, population)
    return list(users.values()), rows


log = make_log(random.Random(7))
population = learn_population(replay(log, assumed())[0])
rows = replay(log, population)[1]
values = [x for q in QUANTITIES for x in population['quantities'][q]] + [x for c in CATEGORIES for x in (population['categories'][c][0], *population['categories'][c][1])]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'behavior.golden.json'), 'w') as f:
    json.dump(dict(made='python3 behavior.py', events=log, population=[round(x, 7) for x in values], features=[[round(x, 6) for x in row] for row in rows]), f)
print(len(log), 'events')
