import { Skeleton, SkeletonRows } from '#ui/state.tsx';

/** Stands in place of a page that takes longer than 150 ms. */
export default function Loading() {
  return (
    <>
      <Skeleton className="mb-4 h-10 w-64" />
      <SkeletonRows rows={12} />
    </>
  );
}
