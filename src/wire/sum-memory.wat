;; The sum of RFC 1071 over a piece of memory, 64 bytes a round: sixteen-bit words are added pairwise into four lanes of
;; 32 bits, which hold without overflow what the longest packet has (131,070 for each of 4,096 additions).
(module
  (import "host" "memory" (memory 64 64))

  ;; The folded sum of `length` bytes from `at` on, as of big-endian words; an odd last byte is padded with zero.
  (func (export "sum") (param $at i32) (param $length i32) (result i32)
    (local $end i32)
    (local $lanes v128)
    (local $sum i32)
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const -64))))
    (block $summed
      (loop $next
        (br_if $summed (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $lanes (i32x4.add
          (i32x4.add
            (i32x4.add (local.get $lanes)
              (i32x4.extadd_pairwise_i16x8_u (v128.load (local.get $at))))
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=16 (local.get $at))))
          (i32x4.add
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=32 (local.get $at)))
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=48 (local.get $at))))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (local.set $sum (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $lanes)) (i32x4.extract_lane 1 (local.get $lanes)))
      (i32.add (i32x4.extract_lane 2 (local.get $lanes)) (i32x4.extract_lane 3 (local.get $lanes)))))
    ;; What is left are fewer than 64 bytes.
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const 62))))
    (local.set $sum (call $fold (local.get $sum)))
    (block $summed
      (loop $next
        (br_if $summed (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $sum (i32.add (local.get $sum) (i32.load16_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (br $next)))
    (if (i32.and (local.get $length) (i32.const 1))
      (then (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))))
    (local.set $sum (call $fold (local.get $sum)))
    ;; Summed in the machine's order, which only swaps the bytes.
    (i32.or
      (i32.shl (i32.and (local.get $sum) (i32.const 255)) (i32.const 8))
      (i32.shr_u (local.get $sum) (i32.const 8))))

  (func $fold (param $sum i32) (result i32)
    (local.set $sum (i32.add (i32.shr_u (local.get $sum) (i32.const 16)) (i32.and (local.get $sum) (i32.const 65535))))
    (i32.add (i32.shr_u (local.get $sum) (i32.const 16)) (i32.and (local.get $sum) (i32.const 65535)))))
