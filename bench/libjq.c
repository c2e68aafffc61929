/*
 * jq's own library on one program and one JSON text, many times: parse, run, print.
 *
 *   cc -O2 -o build/bench/libjq bench/libjq.c -ljq
 *   build/bench/libjq PROGRAM FILE TIMES    prints the outputs of one run, then a line with the
 *                                           CPU microseconds of a run
 */
#include <jq.h>
#include <jv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static int run(jq_state *jq, const char *text, int length, int print) {
  jv input = jv_parse_sized(text, length);
  if (!jv_is_valid(input)) return 1;
  jq_start(jq, input, 0);
  jv output;
  while (jv_is_valid(output = jq_next(jq))) {
    jv dumped = jv_dump_string(output, 0);
    if (print) puts(jv_string_value(dumped));
    jv_free(dumped);
  }
  jv_free(output);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  FILE *file = fopen(argv[2], "rb");
  if (file == NULL) return 2;
  fseek(file, 0, SEEK_END);
  long length = ftell(file);
  rewind(file);
  char *text = malloc(length);
  if (text == NULL || fread(text, 1, length, file) != (size_t)length) return 2;
  jq_state *jq = jq_init();
  if (jq == NULL || !jq_compile(jq, argv[1])) return 2;
  if (run(jq, text, length, 1) != 0) return 2;
  int times = atoi(argv[3]);
  double before = cpu();
  for (int i = 0; i < times; i++) run(jq, text, length, 0);
  printf("%.3f\n", (cpu() - before) / times);
  return 0;
}
