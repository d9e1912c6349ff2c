/*
 * A C scorer of the forest's own layout, to measure the TypeScript one against: no branches, eight trees side by side.
 *
 *     forest-c FILE    FILE: int32 columns, nodes, trees, rows; thresholds, links; float64 values; int32 steps of each
 *                      eight trees; float32 rows. Prints the best and the mean nanoseconds a row over ROUNDS rounds, then
 *                      the raw output of each row.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LANES = 8, FEATURE_BITS = 10, FEATURE_MASK = 0x3ff, ROUNDS = 15, MAX_COLUMNS = 1024 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void *read_array(FILE *file, size_t size, size_t count) {
  void *array = malloc(size * count);
  if (!array || fread(array, size, count, file) != count) exit(1);
  return array;
}

static double score(const float *row, int columns, int trees, const int32_t *thresholds, const uint32_t *links,
                    const double *values, const int32_t *steps) {
  static int32_t keys[MAX_COLUMNS];
  for (int f = 0; f < columns; f++) {
    int32_t b;
    memcpy(&b, &row[f], 4);
    keys[f] = ((b ^ ((b >> 31) & 0x7fffffff)) - (b >> 31)) >> 1;
  }
  double sum = 0;
  for (int tree = 0; tree < trees; tree += LANES) {
    uint32_t at[LANES];
    for (int lane = 0; lane < LANES; lane++) at[lane] = tree + lane;
    for (int step = steps[tree / LANES]; step > 0; step--)
      for (int lane = 0; lane < LANES; lane++) {
        uint32_t link = links[at[lane]];
        at[lane] = (link >> FEATURE_BITS) + ((uint32_t)(keys[link & FEATURE_MASK] - thresholds[at[lane]]) >> 31);
      }
    for (int lane = 0; lane < LANES; lane++) sum += values[at[lane]];
  }
  return sum;
}

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) return 1;
  int32_t *head = read_array(file, 4, 4);
  int columns = head[0], nodes = head[1], trees = head[2], rows = head[3];
  if (columns > MAX_COLUMNS || trees % LANES) return 1;
  int32_t *thresholds = read_array(file, 4, nodes);
  uint32_t *links = read_array(file, 4, nodes);
  double *values = read_array(file, 8, nodes);
  int32_t *steps = read_array(file, 4, trees / LANES);
  float *data = read_array(file, 4, (size_t)columns * rows);
  double *out = malloc(sizeof(double) * rows);
  double best = 1e300, total = 0;
  for (int round = 0; round <= ROUNDS; round++) {
    double start = now();
    for (int i = 0; i < rows; i++) out[i] = score(data + (size_t)i * columns, columns, trees, thresholds, links, values, steps);
    double each = (now() - start) / rows;
    if (round == 0) continue; /* warms up */
    total += each;
    if (each < best) best = each;
  }
  printf("%.1f %.1f\n", best, total / ROUNDS);
  for (int i = 0; i < rows; i++) printf("%.17g\n", out[i]);
  return 0;
}
