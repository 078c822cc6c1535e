// The parts of D3 that the charts use: it draws SVG and needs no code from text, so it runs under the policy of the page.
export {
  axisBottom,
  axisLeft,
  axisTop,
  drag,
  forceCenter,
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  scaleBand,
  scaleLinear,
  scaleUtc,
  select,
  utcFormat,
} from "d3";
